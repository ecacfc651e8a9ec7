#include "envelope/signature.h"

#include "crypto/digest.h"
#include "envelope/joined_bytes.h"

namespace runard::envelope {
namespace {

// The identity key signs other things, too: this says that it is an envelope.
constexpr std::string_view kPurpose("runard v1 envelope\0", 19);

JoinedBytes<64> signed_bytes(core::ByteView core_bytes) {
  JoinedBytes<64> bytes;
  bytes.add(kPurpose).add(crypto::sha256(core_bytes));
  return bytes;
}

}  // namespace

KeyId signer_id(const crypto::PublicKey& key) {
  const crypto::Sha256 hash = crypto::sha256(key.spki());
  return KeyId::from(core::ByteView(hash).first(16)).value_or(KeyId{});
}

core::Result<core::Bytes> sign_core(const crypto::PrivateKey& key, core::ByteView core_bytes) {
  return key.sign(signed_bytes(core_bytes).view());
}

bool verify_core(const crypto::PublicKey& key, core::ByteView core_bytes,
                 core::ByteView signature) {
  return key.verify(signed_bytes(core_bytes).view(), signature);
}

}  // namespace runard::envelope
