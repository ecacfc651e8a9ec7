// Aead: AES-256-GCM and ChaCha20-Poly1305 (RFC 5116, RFC 8439) with a nonce of 12 bytes and a tag
// of 16, and no other sizes.
//
// The fetched algorithm and its context are kept, so sealing and opening allocate nothing.
// Threading: one thread at a time. The last key stays in the context until the next one, or until
// the Aead ends.
#pragma once

#include "core/bytes.h"
#include "crypto/openssl_ptr.h"

namespace runard::crypto {

enum class AeadAlgorithm : std::uint8_t { kAes256Gcm, kChaCha20Poly1305 };

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;
inline constexpr std::size_t kMaxAeadInput = 1U << 30;

using AeadKey = std::span<const std::uint8_t, kAeadKeySize>;
using AeadNonce = std::span<const std::uint8_t, kAeadNonceSize>;

class Aead {
 public:
  explicit Aead(AeadAlgorithm algorithm);

  // Writes the ciphertext and its tag: `sealed` is kAeadTagSize longer than `plaintext`, which has
  // at most kMaxAeadInput bytes. Both may begin at the same address, else they don't overlap.
  void seal(AeadKey key, AeadNonce nonce, core::ByteView aad, core::ByteView plaintext,
            std::span<std::uint8_t> sealed);
  // `plaintext` is kAeadTagSize shorter than `sealed`; the same about addresses. False, and only
  // zeros in `plaintext`, if anything is not as it was sealed.
  [[nodiscard]] bool open(AeadKey key, AeadNonce nonce, core::ByteView aad, core::ByteView sealed,
                          std::span<std::uint8_t> plaintext);

 private:
  void add(core::ByteView aad);

  CipherPtr cipher_;
  CipherContextPtr context_;
};

}  // namespace runard::crypto
