// TokenBook: the tokens that an issuer takes, in the CA's folder: what each grants, never the
// secret itself.
//
//   tokens       one line a token, 0600, replaced as a whole
//   tokens.lock  held while it is changed
//
// A use is on disk before it counts, so a crash can lose a use but never give one twice. Tokens
// that are used up or whose time is over go with the next change.
// Errors: kStateLocked while another process changes it, kIdentityUnreadable for a line that is not
// of this form, kTooLarge above kMaxTokens, kFileMode, kSystem, and as said below.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "enroll/token.h"
#include "identity/disk.h"

namespace runard::enroll {

inline constexpr std::size_t kMaxTokens = 1024;
inline constexpr std::uint32_t kMaxUses = 100'000;

// What the operator granted with a token.
struct TokenRecord {
  TokenId id;
  crypto::Sha256 secret_hash{};
  core::WallTime expires{};  // whole milliseconds
  std::uint32_t uses = 1;    // at first
  std::uint32_t left = 1;
  bool approve = false;                              // an operator looks at each request
  core::Duration lifetime = std::chrono::hours(24);  // of certificates; whole seconds
  std::string name;                                  // of the node; empty: see Office::redeem
  std::vector<std::string> networks;                 // names
  std::vector<std::string> groups;
  std::vector<std::string> labels{};  // of the node: identity/node_labels.h
  friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

class TokenBook {
 public:
  TokenBook(identity::Disk& disk, std::filesystem::path ca) : disk_(&disk), ca_(std::move(ca)) {}

  core::Result<std::vector<TokenRecord>> read() const;  // empty without a file
  // kNotFound for one that was never there or is used up, kTokenExpired.
  core::Result<TokenRecord> find(const TokenId& id, core::WallTime now) const;
  core::Result<void> add(const TokenRecord& record, core::WallTime now) const;
  // One use less, durably, before it returns what the token grants. As find().
  core::Result<TokenRecord> use(const TokenId& id, core::WallTime now) const;
  // kNotFound.
  core::Result<void> remove(const TokenId& id, core::WallTime now) const;

 private:
  // Under the lock: reads, lets `edit` change the records, and writes them unless it failed.
  template <class Edit>
  core::Result<void> change(core::WallTime now, Edit edit) const;
  core::Result<void> write(const std::vector<TokenRecord>& records, core::WallTime now) const;

  identity::Disk* disk_;
  std::filesystem::path ca_;
};

}  // namespace runard::enroll
