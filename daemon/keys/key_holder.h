// KeyHolder: keeps a node's keys up to date: takes the statements about networks and profiles,
// follows the times of key versions, commits every change to the keystore before it counts, and
// publishes what follows to the KeyRing (private), the Directory (public) and the list of keys.
//
// After an error nothing that was in use is given up. A keyring that could not be committed is
// remembered: each tick() tries it again, and the agreement key that it needs is kept.
// Threading: one owner (the control strand), as the StatementStore that it hears from; a change
// writes a small file. What it publishes may be used from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "identity/statement.h"
#include "keys/delegation.h"
#include "keys/directory.h"
#include "keys/entries.h"
#include "keys/key_ring.h"
#include "keys/keystore.h"
#include "keys/live_members.h"
#include "keys/network_keyring.h"
#include "keys/profile_certificate.h"
#include "keys/storage.h"

namespace runard::keys {

// One key of this node, without its secret: for people.
struct KeyInfo {
  EntryKind kind = EntryKind::kAgreement;
  KeyId id;
  std::uint32_t version = 1;
  EntryState state = EntryState::kActive;
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t changed_ms = 0;
};

// A network's keys as this node sees them: for people.
struct NetworkInfo {
  struct Version {
    std::uint32_t version = 0;
    VersionState state = VersionState::kPending;
    std::uint64_t activates_ms = 0;     // by the CA's order; members may agree on it sooner
    std::uint64_t retires_ms = 0;       // 0: no end yet
    bool held = false;                  // this node has the private key
    std::vector<core::NodeId> lacking;  // linked members that have not said that they have it
  };
  std::string name;
  std::uint64_t generation = 0;
  std::uint64_t epoch = 0;
  std::size_t members = 0;
  bool member = false;  // this node is one
  std::vector<Version> versions;
};

class KeyHolder {
 public:
  struct World {
    const core::Clock& clock;
    core::Random& random;
    core::Log log;
    KeyRing& ring;         // gets the private keys
    Directory& directory;  // gets the public ones
    // How old the agreement key may get; none: it is replaced only by order.
    std::optional<std::chrono::milliseconds> agreement_age{};
  };
  // `store` is open for writing, and `self` is its node; all references outlive it.
  KeyHolder(Keystore& store, const core::NodeId& self, const World& world)
      : store_(store), self_(self), world_(world), storage_(world.random) {}

  // Makes an agreement key and one for storage if there is none yet, and publishes what the
  // keystore holds.
  core::Result<void> start();

  // A statement that was verified, of a network or a profile; others are no matter of keys. Errors:
  // kKeyringInvalid, kKeyringOlder, kProfileInvalid, those of the keystore.
  core::Result<void> take(const identity::Statement& statement);
  // A profile's key that its user gave to this node; its certificate was taken before.
  core::Result<void> take(const Delegation& delegation);
  // For this node, and the profile's certificate of that version has not come yet.
  bool awaits_certificate(const Delegation& delegation) const;
  // What the time has changed, and what could not be written before. Gives when to come again, at
  // the latest; after an error of the disk soon.
  core::Result<core::WallTime> tick();
  // A new agreement key; the old one goes on opening for kAgreementKept.
  core::Result<void> rotate_agreement_key();
  // A new key for what services store; what was stored before opens as ever. kConflict when there
  // are kMaxStorageKeys.
  core::Result<void> rotate_storage_key();
  // The active agreement key, signed: for the CA.
  core::Result<core::Bytes> agreement_record(const crypto::PrivateKey& identity) const {
    return keys::agreement_record(store_.entries(), self_, identity);
  }

  // Who is linked, and what those say: tell of it, then tick().
  LiveMembers& live() { return live_; }
  // The newest version of each network's key that this node holds.
  std::vector<HeldVersion> held_versions() const;
  // What is known of a network's keys; none: nothing.
  std::optional<NetworkInfo> network_info(const core::NetworkId& network) const;

  // Of the active ones; 0: none.
  std::uint32_t agreement_version() const;
  std::uint32_t storage_version() const { return storage_.active_version(); }

  KeyRing& ring() { return world_.ring; }
  Directory& directory() { return world_.directory; }
  Storage& storage() { return storage_; }
  // Any thread.
  std::shared_ptr<const std::vector<KeyInfo>> keys() const;

 private:
  struct Network {
    std::uint64_t generation = 0;
    NetworkKeyring keyring;
  };
  std::uint64_t now_ms() const;
  core::Result<void> take_network(const identity::Statement& statement);
  core::Result<void> put_network(const core::NetworkId& id, const Network& network);
  core::Result<void> try_again();
  core::Result<void> take_profile(const identity::Statement& statement);
  // Applies one network to `entries`; the time of its next change lowers `next_ms`.
  core::Result<bool> apply(std::vector<Entry>& entries, const core::NetworkId& id,
                           const Network& network, std::uint64_t& next_ms);
  void agree(std::vector<Entry>& entries, const core::NetworkId& id, const Network& network,
             std::uint64_t& next_ms);
  void released(std::vector<Entry>& entries, const core::NetworkId& id, const Network& next) const;
  core::Result<bool> replace_when_old(std::vector<Entry>& entries, std::uint64_t& next_ms);
  std::set<std::uint32_t> needed_agreement_keys() const;
  core::Result<void> commit(std::vector<Entry> entries);
  core::Result<void> publish();
  core::Result<std::vector<HeldKey>> held() const;
  DirectoryContents contents() const;

  Keystore& store_;
  const core::NodeId self_;
  const World world_;
  std::map<core::NetworkId, Network> networks_;
  std::map<core::NetworkId, Network> uncommitted_;  // newer than those, but the disk failed
  struct Profile {
    std::uint64_t generation = 0;
    ProfileCertificate certificate;
  };
  std::map<ProfileId, Profile> profiles_;
  std::uint64_t first_end_ms_ = UINT64_MAX;  // of the profiles that are published
  LiveMembers live_;
  Storage storage_;
  mutable std::mutex mutex_;  // protects list_
  std::shared_ptr<const std::vector<KeyInfo>> list_ =
      std::make_shared<const std::vector<KeyInfo>>();
};

}  // namespace runard::keys
