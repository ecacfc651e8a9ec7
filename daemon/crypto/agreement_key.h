// Keys for HPKE: X25519 (RFC 7748) or P-256.
//
// An AgreementPublicKey is a value: 32 bytes of X25519, or a P-256 point in the uncompressed form
// (65 bytes), which is on the curve. An AgreementPrivateKey is move-only and has no way to be
// printed. Both may be used from any thread once made.
// Errors: kInvalidArgument for bytes that are no such key, kInternal when OpenSSL fails.
#pragma once

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/openssl_ptr.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

enum class Kem : std::uint8_t { kX25519, kP256 };

constexpr std::size_t public_key_size(Kem kem) {
  return kem == Kem::kX25519 ? 32 : 65;
}
inline constexpr std::size_t kAgreementPrivateSize = 32;

class AgreementPublicKey {
 public:
  // Validates, so that nobody has to do it again.
  static core::Result<AgreementPublicKey> from_raw(Kem kem, core::ByteView raw);

  Kem kem() const { return kem_; }
  core::ByteView raw() const { return raw_; }
  friend bool operator==(const AgreementPublicKey&, const AgreementPublicKey&) = default;

 private:
  friend class AgreementPrivateKey;
  AgreementPublicKey(Kem kem, core::Bytes raw) : kem_(kem), raw_(std::move(raw)) {}

  Kem kem_;
  core::Bytes raw_;
};

class AgreementPrivateKey {
 public:
  static core::Result<AgreementPrivateKey> generate(Kem kem, core::Random& random);
  // DeriveKeyPair of RFC 9180 section 7.1.3; at least 32 bytes, at most 66.
  static core::Result<AgreementPrivateKey> derive(Kem kem, core::ByteView key_material);
  // 32 bytes: any for X25519; a big-endian number below the group's order, not 0, for P-256.
  static core::Result<AgreementPrivateKey> from_raw(Kem kem, core::ByteView raw);
  core::Result<SecretBytes> raw() const;  // as from_raw takes it

  const AgreementPublicKey& public_key() const { return public_; }
  // Diffie-Hellman: the 32 bytes of the shared value, not yet fit to be a key. Refuses keys of
  // another kind, and points of low order: an X25519 result of zeros (RFC 7748 section 6.1).
  core::Result<SecretBytes> agree(const AgreementPublicKey& other) const;
  EVP_PKEY* native() const { return key_.get(); }

 private:
  AgreementPrivateKey(KeyPtr key, AgreementPublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {}
  static core::Result<AgreementPrivateKey> adopt(Kem kem, KeyPtr key);

  KeyPtr key_;
  AgreementPublicKey public_;
};

}  // namespace runard::crypto
