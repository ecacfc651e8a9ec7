#include "identity/statement.h"

#include <algorithm>

#include "core/check.h"
#include "crypto/chain.h"
#include "crypto/digest.h"
#include "crypto/pem.h"
#include "identity/byte_reader.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxSignature = 80;  // ECDSA P-256 in DER has at most 72 bytes
constexpr std::string_view kContext = "runard statement v1";

// The context keeps a signature from being one over something else that a CA signs.
core::Bytes to_be_signed(core::ByteView content) {
  core::Bytes bytes(kContext.begin(), kContext.end());
  bytes.push_back(0);
  put_bytes(bytes, content);
  return bytes;
}

std::int64_t milliseconds(core::WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

bool is_of_the_mesh(StatementKind kind) {
  return kind == StatementKind::kTrust || kind == StatementKind::kDenylist;
}

bool may_be_signed_below_a_root(StatementKind kind) {
  return kind == StatementKind::kDenylist || kind == StatementKind::kNetwork;
}

// What is wrong with a claim and the length of its chain, or nothing.
std::string_view fault_of(const Claim& claim, std::size_t chain) {
  const StatementKind kind = claim.key.kind;
  const std::size_t most = kind == StatementKind::kProfile ? kMaxProfileBody : kMaxStatementBody;
  if (kind < StatementKind::kTrust || kind > StatementKind::kProfile) {
    return "a statement of an unknown kind";
  }
  if (claim.key.subject.is_zero() != is_of_the_mesh(kind)) {
    return "a statement about the wrong subject";
  }
  if (claim.generation == 0 || claim.generation > kMaxGeneration) {
    return "a statement's generation is out of range";
  }
  if (claim.body.empty() || claim.body.size() > most) {
    return "a statement's body is empty or too large";
  }
  if (chain > (may_be_signed_below_a_root(kind) ? kMaxStatementChain : 0)) {
    return "a statement carries certificates that do not belong in it";
  }
  return {};
}

core::Bytes encode(const Claim& claim, const crypto::PublicKey& signer,
                   std::span<const crypto::Certificate> chain) {
  core::Bytes bytes = {kVersion, static_cast<std::uint8_t>(claim.key.kind)};
  put_bytes(bytes, claim.key.subject.bytes);
  put_number(bytes, claim.generation, 8);
  put_number(bytes, static_cast<std::uint64_t>(milliseconds(claim.issued)), 8);
  put_number(bytes, claim.body.size(), 4);
  put_bytes(bytes, claim.body);
  put_bytes(bytes, signer.spki());
  bytes.push_back(static_cast<std::uint8_t>(chain.size()));
  for (const crypto::Certificate& certificate : chain) {
    const core::Bytes der = certificate.der();
    put_number(bytes, der.size(), 2);
    put_bytes(bytes, der);
  }
  return bytes;
}

Claim read_claim(ByteReader& in) {
  Claim claim;
  claim.key.kind = static_cast<StatementKind>(in.number(1));
  claim.key.subject = SubjectId::from(in.take(16)).value_or(SubjectId{});
  claim.generation = in.number(8);
  // 48 bits are 8900 years; more would not fit into a WallTime either and reads as the far future.
  const std::uint64_t ms = std::min<std::uint64_t>(in.number(8), INT64_MAX / 1'000'000);
  claim.issued = core::WallTime(std::chrono::milliseconds(ms));
  const core::ByteView body = in.counted(4);
  claim.body.assign(body.begin(), body.end());
  return claim;
}

core::Result<std::vector<crypto::Certificate>> read_chain(ByteReader& in) {
  std::vector<crypto::Certificate> chain;
  const std::uint64_t count = in.number(1);
  if (count > kMaxStatementChain) {
    return fail(Errc::kStatementInvalid, "a statement carries too many certificates");
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    auto certificate = crypto::Certificate::from_der(in.counted(2));
    if (!certificate) {
      return fail(Errc::kStatementInvalid, certificate.error().about);
    }
    chain.push_back(std::move(*certificate));
  }
  return chain;
}

}  // namespace

std::string_view kind_name(StatementKind kind) {
  constexpr std::string_view kNames[] = {"trust", "denylist", "network", "profile"};
  const std::size_t at = static_cast<std::size_t>(kind) - 1;
  return at < std::size(kNames) ? kNames[at] : "unknown";
}

core::Result<Statement> Statement::sign(Claim claim, const crypto::PrivateKey& key,
                                        std::span<const crypto::Certificate> chain) {
  if (const std::string_view fault = fault_of(claim, chain.size()); !fault.empty()) {
    return fail(Errc::kInvalidArgument, std::string(fault));
  }
  core::Bytes bytes = encode(claim, key.public_key(), chain);
  const auto signature = key.sign(to_be_signed(bytes));
  if (!signature) {
    return signature.error();
  }
  put_bytes(bytes, *signature);
  return parse(bytes);
}

core::Result<Statement> Statement::parse(core::ByteView bytes) {
  if (bytes.size() > kMaxStatement) {
    return fail(Errc::kStatementInvalid, "a statement is at most 128 KiB long");
  }
  ByteReader in(bytes);
  if (in.number(1) != kVersion) {
    return fail(Errc::kStatementInvalid, "a statement of an unknown version");
  }
  Claim claim = read_claim(in);
  auto signer = crypto::PublicKey::from_spki(in.take(crypto::kSpkiSize));
  if (in.failed() || !signer) {
    return fail(Errc::kStatementInvalid, "a statement is cut off or its signer's key is none");
  }
  auto chain = read_chain(in);
  if (!chain) {
    return chain.error();
  }
  if (const std::string_view fault = fault_of(claim, chain->size()); !fault.empty()) {
    return fail(Errc::kStatementInvalid, std::string(fault));
  }
  if (in.failed() || in.rest().empty() || in.rest().size() > kMaxSignature) {
    return fail(Errc::kStatementInvalid, "a statement has no signature");
  }
  const std::size_t signed_size = bytes.size() - in.rest().size();
  return Statement(std::make_shared<const Content>(Content{{bytes.begin(), bytes.end()},
                                                           std::move(claim),
                                                           std::move(*signer),
                                                           std::move(*chain),
                                                           signed_size}));
}

core::Result<std::vector<Statement>> Statement::parse_pem(std::string_view text) {
  const auto blocks = crypto::parse_pem(text, {kMaxStatementsText, kMaxStatementsInText});
  if (!blocks) {
    return fail(Errc::kStatementInvalid, blocks.error().about);
  }
  std::vector<Statement> statements;
  for (const crypto::PemBlock& block : *blocks) {
    if (block.label != kStatementLabel) {
      return fail(Errc::kStatementInvalid, "a block that is not a statement");
    }
    auto statement = parse(block.der);
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

std::string Statement::pem() const {
  return crypto::write_pem(kStatementLabel, content_->bytes);
}

bool Statement::same_content(const Statement& other) const {
  return std::ranges::equal(
      core::ByteView(content_->bytes).first(content_->signed_size),
      core::ByteView(other.content_->bytes).first(other.content_->signed_size));
}

core::Result<void> Statement::verify(const TrustBundle& trust, core::WallTime now) const {
  const core::ByteView bytes = content_->bytes;
  const core::ByteView signature = bytes.subspan(content_->signed_size);
  if (!content_->signer.verify(to_be_signed(bytes.first(content_->signed_size)), signature)) {
    return fail(Errc::kStatementUntrusted, "a statement's signature is wrong");
  }
  if (auto ok = verify_signer(trust, now); !ok) {
    return ok;
  }
  if (issued() > now + kClockSkew) {
    return fail(Errc::kStatementFuture, "a statement was issued later than this node's clock says");
  }
  return {};
}

core::Result<void> Statement::verify_signer(const TrustBundle& trust, core::WallTime now) const {
  if (key().kind == StatementKind::kProfile) {
    return subject_of(signer()) == key().subject
               ? core::Result<void>()
               : fail(Errc::kStatementUntrusted, "a profile is not signed by its own key");
  }
  if (trust.denied().keys.contains(crypto::sha256(signer().spki()))) {
    return fail(Errc::kStatementUntrusted, "the key that signed a statement is denied");
  }
  const auto is_signers = [&](const crypto::Certificate& certificate) {
    const auto its = certificate.public_key();
    return its && *its == signer();
  };
  if (content_->chain.empty()) {
    return std::ranges::any_of(trust.roots(), is_signers)
               ? core::Result<void>()
               : fail(Errc::kStatementUntrusted, "a statement is not signed by this mesh's CA");
  }
  if (!is_signers(content_->chain.front())) {
    return fail(Errc::kStatementUntrusted, "a statement's certificate is not its signer's");
  }
  if (auto ok = crypto::verify_authority(content_->chain, trust.store(), now); !ok) {
    return fail(Errc::kStatementUntrusted, ok.error().about);
  }
  return {};
}

SubjectId subject_of(const crypto::PublicKey& key) {
  const crypto::Sha256 hash = crypto::sha256(key.spki());
  return *SubjectId::from(core::ByteView(hash).first(16));
}

}  // namespace runard::identity
