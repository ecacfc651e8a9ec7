// Office: the half of an issuer that works on the CA's folder: looks tokens up, marks their use,
// signs.
//
// Blocks on the disk, for up to identity::kLockPatience on a lock that another process holds, and
// on Argon2 for a CA under a passphrase: one helper thread of the daemon's, or runarctl. Values
// only but for the host, which outlives it. Errors: those of TokenBook and keys::CaFolder,
// kRequestInvalid, kNodeDenied, kRenewalRefused.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "enroll/messages.h"
#include "enroll/token_book.h"
#include "identity/ca_copy.h"
#include "identity/trust_bundle.h"
#include "keys/ca_folder.h"

namespace runard::enroll {

// What a token's creator orders.
struct TokenOrder {
  std::vector<std::string> addresses;
  core::Duration valid = std::chrono::minutes(10);
  std::uint32_t uses = 1;
  bool approve = false;
  core::Duration lifetime = std::chrono::hours(24);
  std::string name;
  std::vector<std::string> networks;
  std::vector<std::string> groups;
  std::vector<std::string> labels{};  // of the node: identity/node_labels.h
};

// What is to be signed for a token.
struct Application {
  TokenId token;
  std::string request;  // as `node csr` writes it
  bool approved = false;
};

// Who asks for a renewal, as its link proved it.
struct RenewalClaim {
  core::NodeId node;
  RenewalRequest request;
};

inline constexpr int kCaWarnShare = 6;  // of the CA's life: with less left it is time for the next

struct CaEnd {
  core::WallTime until{};
  bool near = false;
};

class Office {
 public:
  // `passphrase`: of the CA's key; empty: none. Only what signs needs it.
  Office(const identity::Host& host, std::filesystem::path ca, crypto::SecretBytes passphrase = {})
      : host_(host),
        ca_(std::move(ca)),
        passphrase_(std::move(passphrase)),
        book_(host.disk, ca_) {}

  // A copy of the CA (identity/ca_copy.h): it only renews, and not while the root is rotated.
  bool renews_only() const { return identity::is_copy(ca_); }
  // Whether guests would not know an issuer with that certificate: it is not of the root that the
  // CA has now. A copy has no guests, and keeps the root before until it is made anew.
  bool is_outdated(const crypto::Certificate& own) const;
  // Whether it could sign.
  core::Result<void> check() const;
  // Told, on the thread that signs, which nodes a network's new statement leaves out because the CA
  // has not heard of a newer agreement key of theirs.
  using Lapsed = std::function<void(const std::set<std::string>& names)>;
  void on_lapsed(Lapsed lapsed) { lapsed_ = std::move(lapsed); }

  // Of the CA that signs now. No certificate that it signs lives longer.
  core::Result<CaEnd> end_of_ca() const;

  // NetworkAuthority::upkeep. A copy does nothing.
  keys::Upkeep upkeep(std::optional<std::chrono::milliseconds> key_age) const;

  // kConflict for a copy, kInvalidArgument for an order that makes no sense, kNotFound for an
  // unknown network, kConflict for a name whose node has a certificate that has not ended. (Once it
  // has the token may be for that very node; another one is refused by redeem().)
  core::Result<Token> create(const TokenOrder& order) const;
  core::Result<std::vector<TokenRecord>> tokens() const { return book_.read(); }
  core::Result<void> remove(const TokenId& id) const;

  core::Result<TokenRecord> look_up(const TokenId& id) const;
  // The applicant has proved the secret. The use is on disk before anything is signed, and
  // what is known to fail uses nothing: kTooLarge, kConflict for the name of another node. Of the
  // request only the keys are taken. The node's name is the token's; without one it is its id, or,
  // when an operator has `approved` the request, the one that stands there.
  core::Result<identity::Bundle> redeem(const Application& application,
                                        const identity::Denylist& heard) const;
  // Grants again what the CA granted last to this node, or what its certificate says if it was
  // another issuer's, for as long as that was ordered; never more, and no network that it was put
  // out of. The key stays, so the node's id does. `denylist`: the generation of the mesh's.
  core::Result<identity::Bundle> renew(const RenewalClaim& claim,
                                       const identity::TrustBundle& trust,
                                       std::uint64_t denylist = 0) const;

 private:
  core::Result<std::unique_ptr<keys::CaFolder>> open() const;
  core::Result<void> check_free(const std::string& name) const;
  core::Result<identity::Authority> open_copy() const;
  core::Result<identity::Bundle> with_keys_of(keys::CaFolder& folder,
                                              core::Result<identity::Bundle> bundle,
                                              const keys::NodeRequest& asked) const;
  void tell_lapsed(const keys::CaFolder& folder) const;

  const identity::Host host_;
  const std::filesystem::path ca_;
  const crypto::SecretBytes passphrase_;
  const TokenBook book_;
  Lapsed lapsed_;
};

}  // namespace runard::enroll
