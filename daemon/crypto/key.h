// ECDSA keys on P-256, the keys of nodes and CAs.
//
// A PublicKey is a value: its DER SubjectPublicKeyInfo in the only form that runard takes (named
// curve, uncompressed point: 91 bytes), so one key has one encoding and one hash. A PrivateKey is
// move-only and has no way to be printed. Both may be used from any thread once made.
// Errors: kInvalidArgument for keys of another kind or form, kInternal when OpenSSL fails.
#pragma once

#include "core/bytes.h"
#include "core/result.h"
#include "crypto/openssl_ptr.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

inline constexpr std::size_t kSpkiSize = 91;

class PublicKey {
 public:
  static core::Result<PublicKey> from_spki(core::ByteView der);

  const core::Bytes& spki() const { return spki_; }
  // ECDSA with SHA-256; the signature is DER.
  bool verify(core::ByteView message, core::ByteView signature) const;
  EVP_PKEY* native() const { return key_.get(); }
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.spki_ == b.spki_; }

 private:
  PublicKey(std::shared_ptr<EVP_PKEY> key, core::Bytes spki)
      : key_(std::move(key)), spki_(std::move(spki)) {}

  std::shared_ptr<EVP_PKEY> key_;
  core::Bytes spki_;
};

class PrivateKey {
 public:
  static core::Result<PrivateKey> generate();
  // PKCS #8, not encrypted. Checks that the public half belongs to the private one.
  static core::Result<PrivateKey> from_pem(const SecretBytes& text);
  core::Result<SecretBytes> pem() const;

  const PublicKey& public_key() const { return public_; }
  core::Result<core::Bytes> sign(core::ByteView message) const;  // as PublicKey::verify takes it
  EVP_PKEY* native() const { return key_.get(); }

 private:
  PrivateKey(KeyPtr key, PublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {}
  static core::Result<PrivateKey> adopt(KeyPtr key);

  KeyPtr key_;
  PublicKey public_;
};

}  // namespace runard::crypto
