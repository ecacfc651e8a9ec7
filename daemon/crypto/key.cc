#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/openssl_error.h"

namespace runard::crypto {
namespace {

using core::Errc;

// SubjectPublicKeyInfo { ecPublicKey, prime256v1 } up to and with the mark of an uncompressed point
// (RFC 5480).
constexpr std::uint8_t kSpkiHead[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

constexpr std::size_t kMaxKeyText = 16 * 1024;

// Without it OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

core::Bytes spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

core::Result<PublicKey> PublicKey::from_spki(core::ByteView der) {
  const ErrorScope errors;
  if (der.size() != kSpkiSize || !std::ranges::equal(der.first(sizeof kSpkiHead), kSpkiHead)) {
    return core::fail(Errc::kInvalidArgument,
                      "not a P-256 public key with a named curve and an uncompressed point");
  }
  const unsigned char* at = der.data();
  KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));  // refuses off-curve points
  if (!key) {
    return openssl_fail(Errc::kInvalidArgument, "not a point on P-256");
  }
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)), {der.begin(), der.end()});
}

bool PublicKey::verify(core::ByteView message, core::ByteView signature) const {
  const ErrorScope errors;
  const DigestContextPtr context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, native()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

core::Result<PrivateKey> PrivateKey::adopt(KeyPtr key) {
  auto public_key = PublicKey::from_spki(spki_of(key.get()));
  if (!public_key) {
    return public_key.error();
  }
  return PrivateKey(std::move(key), std::move(*public_key));
}

core::Result<PrivateKey> PrivateKey::generate() {
  const ErrorScope errors;
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) {
    return openssl_fail(Errc::kInternal, "can't generate a P-256 key");
  }
  return adopt(std::move(key));
}

core::Result<PrivateKey> PrivateKey::from_pem(const SecretBytes& text) {
  const ErrorScope errors;
  if (text.size() > kMaxKeyText) {
    return core::fail(Errc::kInvalidArgument, "not a private key: the text is too long");
  }
  const BioPtr bio(BIO_new_mem_buf(text.view().data(), static_cast<int>(text.size())));
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key) {
    return openssl_fail(Errc::kInvalidArgument, "not a private key in PEM");
  }
  const KeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1) {
    return openssl_fail(Errc::kInvalidArgument, "the public half is not that of the private key");
  }
  return adopt(std::move(key));
}

core::Result<SecretBytes> PrivateKey::pem() const {
  const ErrorScope errors;
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    return openssl_fail(Errc::kInternal, "can't encode a private key");
  }
  unsigned char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return SecretBytes::copy_of({data, static_cast<std::size_t>(size)});
}

core::Result<core::Bytes> PrivateKey::sign(core::ByteView message) const {
  const ErrorScope errors;
  const DigestContextPtr context(EVP_MD_CTX_new());
  core::Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return openssl_fail(Errc::kInternal, "can't sign");
  }
  signature.resize(size);
  return signature;
}

}  // namespace runard::crypto
