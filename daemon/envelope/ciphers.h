// The AEADs of all suites, each with its context. One thread at a time.
#pragma once

#include <array>

#include "crypto/aead.h"
#include "envelope/suite.h"

namespace runard::envelope {

// A group's key is used once, so its nonce is always this.
inline constexpr std::array<std::uint8_t, crypto::kAeadNonceSize> kNonce{};

class Ciphers {
 public:
  crypto::Aead& of(Suite suite) {
    return hpke_of(suite).aead == crypto::AeadAlgorithm::kAes256Gcm ? aes_ : chacha_;
  }

 private:
  crypto::Aead aes_{crypto::AeadAlgorithm::kAes256Gcm};
  crypto::Aead chacha_{crypto::AeadAlgorithm::kChaCha20Poly1305};
};

}  // namespace runard::envelope
