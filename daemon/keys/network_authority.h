// NetworkAuthority: the networks' keys in a CA's folder: makes and rotates them, and writes the
// statements that carry them to the members.
//
//   CA/keystore.rks      the private keys (keystore.h)
//   CA/keyrings/ID.pem   the newest statement of each network
//   CA/keyrings/ID.owed  somebody left, and there was no room for a new key (kMostUnordered)
//   CA/members           agreement keys of the nodes (member_book.h)
//
// A network's members are the nodes whose newest certificate by an operator's order names it, that
// or a renewal has not ended (which counts only as long as the CA has no copies: what these renew
// is not known here), and whose agreement key the CA knows; without those that were put out of it
// and those that the CA's denylist has now: they are members again when their time on it is over.
// What is made for members of whom one is gone has a new version of the key, whatever it was made
// for. A crash between the steps
// loses nothing: a private key is on disk before a statement names it, and goes only after none
// does.
// Errors: kNotFound for an unknown network, kConflict, kTooLarge for more than kMaxMembers, and
// those of Keystore and Authority. Threading: one owner, which holds the CA's lock.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/authority.h"
#include "identity/statement.h"
#include "keys/keyring_seal.h"
#include "keys/keystore.h"
#include "keys/member_book.h"
#include "keys/network_keyring.h"

namespace runard::keys {

struct Rotation {
  std::chrono::milliseconds activate_after = kDefaultActivateAfter;
  std::chrono::milliseconds overlap = kDefaultOverlap;  // how long the old version still opens
  std::vector<core::NodeId> exclude;                    // put out of the network
};

// Versions in use beyond which only an order makes another one: an operator's, or a revocation.
inline constexpr std::size_t kMostUnordered = kMaxVersions / 2;

// One network that fails keeps none of the others from its new keys.
struct Upkeep {
  std::vector<identity::Statement> made;
  // Of every network, those of `made` too, as far as the CA's key of now signed it: who tells the
  // mesh of these each time makes up for what was made and told to nobody.
  std::vector<identity::Statement> newest;
  std::optional<core::Error> failed;  // the first
};

// What a denied node's networks have instead, or with it again. One that fails keeps none of the
// others from its keys.
struct Rekeyed {
  struct Failure {
    std::string network;  // its name; empty: all
    core::Error why;
  };
  std::vector<identity::Statement> statements;
  std::vector<Failure> failed;
};

class NetworkAuthority {
 public:
  // All outlive it. `store` is open for writing.
  NetworkAuthority(const identity::Host& host, std::filesystem::path ca_folder,
                   const identity::Authority& ca, Keystore& store)
      : host_(host), folder_(std::move(ca_folder)), ca_(ca), store_(store) {}
  // The CA's keystore; made when it is not there.
  static core::Result<Keystore> open_store(const identity::Host& host,
                                           const std::filesystem::path& ca_folder,
                                           const KekSource& source);

  // The newest statement. kNotFound when the network has no keys yet.
  core::Result<identity::Statement> current(const core::NetworkId& network) const;
  // The network's keys for the members of now; its first version, active at once, if it has none.
  core::Result<identity::Statement> refresh(const core::NetworkId& network);
  // After the CA's root was rotated: the keys of each network whose newest statement another key
  // than the CA's signed, for the members of now; with `all` those that the CA's key signed, too,
  // as they are.
  core::Result<std::vector<identity::Statement>> sign_again(bool all = false);
  core::Result<identity::Statement> rotate(const core::NetworkId& network,
                                           const Rotation& rotation);

  // For an issuer, now and then: a new version for each network whose newest one is as old as `age`
  // (none: never by age), and for each that somebody has left.
  Upkeep upkeep(std::optional<std::chrono::milliseconds> age);
  // Names of the networks whose newest keys a node has though it is a member no more.
  core::Result<std::vector<std::string>> left_by(const core::NodeId& node) const;

  // Before a certificate is issued: whether each of these networks (names) has room for the node
  // among its members, those that are denied for a time included, and what a bundle will have of
  // their keys at most, in bytes of text. kTooLarge.
  core::Result<std::size_t> check_room(const core::NodeId& node,
                                       const std::vector<std::string>& networks) const;
  // Whether admit() would take the key: kConflict for one older than the CA knows.
  core::Result<void> check_key(const AgreementRecord& record) const;
  // A certificate was issued to a node with this agreement key: it gets the keys of these networks.
  core::Result<std::vector<identity::Statement>> admit(
      const AgreementRecord& record, const std::vector<core::NetworkId>& networks);
  // The CA's denylist has a node now, in one network or (none named) in all: each network whose
  // keys it has, or may have since somebody left it and the new key is owed, gets new ones. Where
  // there is no room for one it is a failure (kConflict) too: the statement leaves the node out,
  // and the key is owed. Again: the newest ones of those networks.
  Rekeyed remove(const core::NodeId& node, std::optional<core::NetworkId> only);
  // It is off the denylist: the keys of its networks, for it too.
  Rekeyed restore(const core::NodeId& node, std::optional<core::NetworkId> only);

  // The nodes that were left out of what this one made because their agreement key, as the CA knows
  // it, has ended: by name. A new request brings a new one.
  const std::set<std::string>& lapsed() const { return lapsed_; }

 private:
  struct Draft {
    NetworkKeyring keyring;
    std::uint64_t generation = 0;  // of the statement before
    bool rotated = false;          // its newest version is in no statement yet
  };
  std::uint64_t now_ms() const;
  std::filesystem::path file_of(const core::NetworkId& network) const;
  core::Result<std::string> name_of(const core::NetworkId& network) const;
  core::Result<Draft> draft_of(const core::NetworkId& network) const;
  core::Result<void> add_version(Draft& draft, const core::NetworkId& network,
                                 const Rotation& rotation);
  core::Result<std::vector<KeyringMember>> members_of(
      const core::NetworkId& network, const identity::Denylist& denied,
      std::set<std::string>* lapsed = nullptr) const;
  core::Result<bool> is_member(const core::NetworkId& network, const core::NodeId& node,
                               const identity::Denylist& denied) const;
  core::Result<void> exclude(const core::NetworkId& network,
                             const std::vector<core::NodeId>& nodes);
  core::Result<identity::Statement> publish(Draft draft, const core::NetworkId& network);
  // The keyring sealed to its members, as bytes that parse.
  core::Result<core::Bytes> sealed_body(NetworkKeyring& keyring, const KeyringContext& context);
  core::Result<void> rekey_if_left(Draft& draft, const core::NetworkId& network,
                                   const std::vector<KeyringMember>& members);
  // remove() and restore() of one network; none: it has nothing to do with the node.
  using Keys = core::Result<std::optional<identity::Statement>>;
  Keys without(const core::NetworkId& network, const core::NodeId& node, bool ordered);
  Keys with_again(const core::NetworkId& network, const core::NodeId& node,
                  const identity::Denylist& denied);
  core::Result<identity::Statement> rekey(const core::NetworkId& network);
  // The new keys of one that is due.
  core::Result<std::optional<identity::Statement>> keep_up(
      const core::NetworkId& network, std::optional<std::chrono::milliseconds> age);
  core::Result<bool> is_due(const core::NetworkId& network,
                            std::optional<std::chrono::milliseconds> age) const;
  std::filesystem::path owed_file(const core::NetworkId& network) const;
  bool owes(const core::NetworkId& network) const;
  core::Result<void> owe(const core::NetworkId& network);
  core::Result<void> drop_unnamed(const core::NetworkId& network, const NetworkKeyring& keyring);

  identity::Host host_;
  std::filesystem::path folder_;
  const identity::Authority& ca_;
  Keystore& store_;
  std::set<std::string> lapsed_;
};

}  // namespace runard::keys
