#include "keys/agreement_record.h"

#include "identity/byte_reader.h"
#include "identity/profile.h"
#include "keys/sealable.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kMaxSignature = 80;
constexpr std::uint64_t kMaxTime = std::uint64_t{1} << 53;
constexpr std::string_view kContext = "runard agreement key v1";

struct Parts {
  AgreementRecord record;
  crypto::PublicKey signer;
  core::ByteView content;
  core::ByteView signature;
};

core::Error invalid(const char* why) {
  return fail(Errc::kAgreementKeyInvalid, why);
}

core::Bytes to_be_signed(core::ByteView content) {
  core::Bytes bytes(kContext.begin(), kContext.end());
  bytes.push_back(0);
  identity::put_bytes(bytes, content);
  return bytes;
}

core::Result<Parts> parse(core::ByteView bytes) {
  identity::ByteReader in(bytes);
  if (in.number(1) != kFormat) {
    return invalid("a node's agreement key is of an unknown version");
  }
  const auto node = core::NodeId::from(in.take(16));
  const auto version = static_cast<std::uint32_t>(in.number(4));
  const auto key = crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, in.take(kKeySize));
  const std::uint64_t not_before = in.number(8);
  const std::uint64_t not_after = in.number(8);
  auto signer = crypto::PublicKey::from_spki(in.take(crypto::kSpkiSize));
  if (in.failed() || !node || !key || !signer || version == 0) {
    return invalid("a node's agreement key is not well formed");
  }
  if (!can_be_sealed_to(version, *key)) {
    return invalid("nothing can be sealed to a node's agreement key");
  }
  if (not_before >= not_after || not_after > kMaxTime) {
    return invalid("a node's agreement key has no time");
  }
  const core::ByteView signature = in.rest();
  if (signature.empty() || signature.size() > kMaxSignature) {
    return invalid("a node's agreement key has no signature");
  }
  return Parts{{*node, version, *key, not_before, not_after},
               std::move(*signer),
               bytes.first(bytes.size() - signature.size()),
               signature};
}

core::Result<AgreementRecord> verified(const Parts& parts) {
  if (!parts.signer.verify(to_be_signed(parts.content), parts.signature)) {
    return invalid("a node's agreement key is not signed by the node");
  }
  return parts.record;
}

}  // namespace

core::Result<core::Bytes> sign_agreement(const AgreementRecord& record,
                                         const crypto::PrivateKey& identity) {
  core::Bytes bytes;
  identity::put_number(bytes, kFormat, 1);
  identity::put_bytes(bytes, record.node.bytes);
  identity::put_number(bytes, record.version, 4);
  identity::put_bytes(bytes, record.key.raw());
  identity::put_number(bytes, record.not_before_ms, 8);
  identity::put_number(bytes, record.not_after_ms, 8);
  identity::put_bytes(bytes, identity.public_key().spki());
  const auto signature = identity.sign(to_be_signed(bytes));
  if (!signature) {
    return signature.error();
  }
  identity::put_bytes(bytes, *signature);
  return bytes;
}

core::Result<AgreementRecord> verify_agreement(core::ByteView signed_bytes,
                                               const crypto::PublicKey& identity) {
  const auto parts = parse(signed_bytes);
  if (!parts) {
    return parts.error();
  }
  if (!(parts->signer == identity)) {
    return invalid("a node's agreement key is signed by another key than the request");
  }
  return verified(*parts);
}

core::Result<AgreementRecord> verify_own_agreement(core::ByteView signed_bytes) {
  const auto parts = parse(signed_bytes);
  if (!parts) {
    return parts.error();
  }
  if (identity::node_id_of(parts->signer) != parts->record.node) {
    return invalid("a node's agreement key is signed by another node");
  }
  return verified(*parts);
}

}  // namespace runard::keys
