// HPKE, base mode (RFC 9180), with HKDF-SHA256 and a suite of ours, by OpenSSL's OSSL_HPKE.
//
// An HpkeSender makes one encapsulation for one recipient and seals any number of messages under
// it, in order; an HpkeReceiver of the same encapsulation opens them in the same order. Base mode
// says nothing about who the sender is.
// Errors: kInvalidArgument for input that can't be right or was changed, kInternal when OpenSSL
// fails. Threading: one thread at a time. The keys need not outlive the sender or receiver.
#pragma once

#include <openssl/hpke.h>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/aead.h"
#include "crypto/agreement_key.h"

namespace runard::crypto {

struct HpkeSuite {
  Kem kem = Kem::kX25519;
  AeadAlgorithm aead = AeadAlgorithm::kAes256Gcm;
  friend bool operator==(const HpkeSuite&, const HpkeSuite&) = default;
};

using HpkeContextPtr = std::unique_ptr<OSSL_HPKE_CTX, Freer<OSSL_HPKE_CTX_free>>;

class HpkeSender {
 public:
  // The ephemeral key is derived from 32 bytes of `random`. kInvalidArgument if `to` is not a key
  // of this suite, or one of low order.
  static core::Result<HpkeSender> create(HpkeSuite suite, const AgreementPublicKey& to,
                                         core::ByteView info, core::Random& random);

  // public_key_size() bytes: what the receiver needs besides its key.
  core::ByteView enc() const { return enc_; }
  // kAeadTagSize longer than the plaintext, which must not be empty.
  core::Result<core::Bytes> seal(core::ByteView aad, core::ByteView plaintext);

 private:
  HpkeSender(HpkeContextPtr context, core::Bytes enc)
      : context_(std::move(context)), enc_(std::move(enc)) {}

  HpkeContextPtr context_;
  core::Bytes enc_;
};

class HpkeReceiver {
 public:
  static core::Result<HpkeReceiver> create(HpkeSuite suite, const AgreementPrivateKey& key,
                                           core::ByteView enc, core::ByteView info);

  core::Result<SecretBytes> open(core::ByteView aad, core::ByteView sealed);

 private:
  explicit HpkeReceiver(HpkeContextPtr context) : context_(std::move(context)) {}

  HpkeContextPtr context_;
};

}  // namespace runard::crypto
