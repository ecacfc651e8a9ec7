// Statement: what the mesh's authority says that is newer than a certificate, signed, so that any
// node may pass it on: {kind, subject, generation, issued, body}. Of one kind and subject the
// greatest generation is in force. README.md has the bytes as a table.
//
// A root CA of the trust bundle signs, or, for denylists and networks, an issuing CA below one,
// whose certificates the statement carries. A profile is signed by its own root key, whose hash is
// the subject.
//
// Parsing checks form only and takes one encoding; verify() says whether to believe it. The body is
// the business of the kind's owner. An immutable value, cheap to copy; any thread.
// Errors: kStatementInvalid for the form, and as said below.
#pragma once

#include <chrono>
#include <compare>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "identity/trust_bundle.h"

namespace runard::identity {

enum class StatementKind : std::uint8_t {
  kTrust = 1,     // the root CAs; subject zero (trust_roots.h)
  kDenylist = 2,  // subject zero (denied.h)
  kNetwork = 3,   // descriptor and keyring; the subject is the network's id
  kProfile = 4,   // a user's public key; the subject is the profile's id
};
std::string_view kind_name(StatementKind kind);  // "trust", "denylist", "network", "profile"

using SubjectId = core::Id16<struct SubjectTag>;

struct StatementKey {
  StatementKind kind = StatementKind::kTrust;
  SubjectId subject;
  friend auto operator<=>(const StatementKey&, const StatementKey&) = default;
};

struct StatementHead {
  StatementKey key;
  std::uint64_t generation = 0;
  friend auto operator<=>(const StatementHead&, const StatementHead&) = default;
};

inline constexpr std::size_t kMaxStatementBody = 112 * 1024;
inline constexpr std::size_t kMaxProfileBody = 4 * 1024;
inline constexpr std::size_t kMaxStatement = 128 * 1024;  // in bytes, all of it
inline constexpr std::size_t kMaxStatementChain = 2;      // certificates between signer and root
// A file of them: all that a CA says at once, as when its root is rotated.
inline constexpr std::size_t kMaxStatementsText = 64 * 1024 * 1024;
inline constexpr std::size_t kMaxStatementsInText = 8192;
inline constexpr std::uint64_t kMaxGeneration = UINT64_MAX >> 1;
inline constexpr std::string_view kStatementLabel = "RUNARD STATEMENT";
// How far clocks may differ.
inline constexpr std::chrono::seconds kClockSkew{60};

// What is said. Whole milliseconds of `issued` count.
struct Claim {
  StatementKey key;
  std::uint64_t generation = 1;  // 1..kMaxGeneration
  core::WallTime issued;
  core::Bytes body;
};

class Statement {
 public:
  // `chain`: of an issuing CA, its own certificate first, without the root. Empty for a root's or a
  // profile's key. Errors: kInvalidArgument for what parse() would refuse.
  static core::Result<Statement> sign(Claim claim, const crypto::PrivateKey& key,
                                      std::span<const crypto::Certificate> chain = {});
  static core::Result<Statement> parse(core::ByteView bytes);
  // A text of one or more blocks "RUNARD STATEMENT" and nothing else.
  static core::Result<std::vector<Statement>> parse_pem(std::string_view text);

  const core::Bytes& bytes() const { return content_->bytes; }
  std::string pem() const;
  StatementHead head() const { return {content_->claim.key, content_->claim.generation}; }
  const StatementKey& key() const { return content_->claim.key; }
  std::uint64_t generation() const { return content_->claim.generation; }
  core::WallTime issued() const { return content_->claim.issued; }
  core::ByteView body() const { return content_->claim.body; }
  const crypto::PublicKey& signer() const { return content_->signer; }

  // Errors: kStatementUntrusted when the signature is wrong or is not by who may say this,
  // kStatementFuture when it was issued later than now + kClockSkew.
  core::Result<void> verify(const TrustBundle& trust, core::WallTime now) const;
  // Whether they say the same, whatever their signatures.
  bool same_content(const Statement& other) const;

 private:
  struct Content {
    core::Bytes bytes;
    Claim claim;
    crypto::PublicKey signer;
    std::vector<crypto::Certificate> chain;
    std::size_t signed_size;  // bytes before the signature
  };
  explicit Statement(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  core::Result<void> verify_signer(const TrustBundle& trust, core::WallTime now) const;

  std::shared_ptr<const Content> content_;
};

// The id of whoever signs for himself: the first half of the SHA-256 of the key.
SubjectId subject_of(const crypto::PublicKey& key);

}  // namespace runard::identity
