#include "crypto/hpke.h"

#include "crypto/openssl_error.h"
#include "crypto/secret_array.h"

namespace runard::crypto {
namespace {

using core::Errc;

OSSL_HPKE_SUITE native_suite(HpkeSuite suite) {
  return {suite.kem == Kem::kX25519 ? std::uint16_t{OSSL_HPKE_KEM_ID_X25519}
                                    : std::uint16_t{OSSL_HPKE_KEM_ID_P256},
          OSSL_HPKE_KDF_ID_HKDF_SHA256,
          suite.aead == AeadAlgorithm::kAes256Gcm
              ? std::uint16_t{OSSL_HPKE_AEAD_ID_AES_GCM_256}
              : std::uint16_t{OSSL_HPKE_AEAD_ID_CHACHA_POLY1305}};
}

OSSL_HPKE_CTX* new_context(HpkeSuite suite, int role) {
  return OSSL_HPKE_CTX_new(OSSL_HPKE_MODE_BASE, native_suite(suite), role, nullptr, nullptr);
}

}  // namespace

core::Result<HpkeSender> HpkeSender::create(HpkeSuite suite, const AgreementPublicKey& to,
                                            core::ByteView info, core::Random& random) {
  const ErrorScope errors;
  if (to.kem() != suite.kem) {
    return core::fail(Errc::kInvalidArgument, "the recipient's key is not one of the suite");
  }
  HpkeContextPtr context(new_context(suite, OSSL_HPKE_ROLE_SENDER));
  SecretArray<32> seed;
  random.fill(seed.bytes());
  core::Bytes enc(public_key_size(suite.kem));
  std::size_t size = enc.size();
  if (!context ||
      OSSL_HPKE_CTX_set1_ikme(context.get(), seed.view().data(), seed.view().size()) != 1) {
    return openssl_fail(Errc::kInternal, "can't begin HPKE");
  }
  if (OSSL_HPKE_encap(context.get(), enc.data(), &size, to.raw().data(), to.raw().size(),
                      info.data(), info.size()) != 1 ||
      size != enc.size()) {
    return openssl_fail(Errc::kInvalidArgument, "can't encapsulate to the recipient's key");
  }
  return HpkeSender(std::move(context), std::move(enc));
}

core::Result<core::Bytes> HpkeSender::seal(core::ByteView aad, core::ByteView plaintext) {
  const ErrorScope errors;
  if (plaintext.empty()) {  // OSSL_HPKE_seal takes none
    return core::fail(Errc::kInvalidArgument, "nothing to seal");
  }
  core::Bytes sealed(plaintext.size() + kAeadTagSize);
  std::size_t size = sealed.size();
  if (OSSL_HPKE_seal(context_.get(), sealed.data(), &size, aad.data(), aad.size(), plaintext.data(),
                     plaintext.size()) != 1 ||
      size != sealed.size()) {
    return openssl_fail(Errc::kInternal, "can't seal with HPKE");
  }
  return sealed;
}

core::Result<HpkeReceiver> HpkeReceiver::create(HpkeSuite suite, const AgreementPrivateKey& key,
                                                core::ByteView enc, core::ByteView info) {
  const ErrorScope errors;
  if (key.public_key().kem() != suite.kem || enc.size() != public_key_size(suite.kem)) {
    return core::fail(Errc::kInvalidArgument, "the key or encapsulation is not one of the suite");
  }
  HpkeContextPtr context(new_context(suite, OSSL_HPKE_ROLE_RECEIVER));
  if (!context || OSSL_HPKE_decap(context.get(), enc.data(), enc.size(), key.native(), info.data(),
                                  info.size()) != 1) {
    return openssl_fail(Errc::kInvalidArgument, "can't decapsulate");
  }
  return HpkeReceiver(std::move(context));
}

core::Result<SecretBytes> HpkeReceiver::open(core::ByteView aad, core::ByteView sealed) {
  const ErrorScope errors;
  if (sealed.size() <= kAeadTagSize) {
    return core::fail(Errc::kInvalidArgument, "too short to be sealed");
  }
  SecretBytes plaintext(sealed.size() - kAeadTagSize);
  std::size_t size = plaintext.size();
  if (OSSL_HPKE_open(context_.get(), plaintext.bytes().data(), &size, aad.data(), aad.size(),
                     sealed.data(), sealed.size()) != 1 ||
      size != plaintext.size()) {
    return openssl_fail(Errc::kInvalidArgument, "does not open");
  }
  return plaintext;
}

}  // namespace runard::crypto
