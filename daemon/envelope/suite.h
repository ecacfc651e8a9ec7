// The cipher suites of envelopes, and the set of them that a node takes. There is no negotiation:
// what an envelope says is compared with the set, nothing else follows from it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "crypto/hpke.h"

namespace runard::envelope {

// As on the wire. KDF is HKDF-SHA256 in all of them.
enum class Suite : std::uint16_t {
  kX25519Aes = 0x0001,     // X25519, AES-256-GCM
  kP256Aes = 0x0002,       // P-256, AES-256-GCM: keys in a TPM or HSM
  kX25519ChaCha = 0x0003,  // X25519, ChaCha20-Poly1305: processors without AES
};

inline std::optional<Suite> suite_of(std::uint64_t id) {
  return id >= 1 && id <= 3 ? std::optional(static_cast<Suite>(id)) : std::nullopt;
}

constexpr crypto::HpkeSuite hpke_of(Suite suite) {
  return {suite == Suite::kP256Aes ? crypto::Kem::kP256 : crypto::Kem::kX25519,
          suite == Suite::kX25519ChaCha ? crypto::AeadAlgorithm::kChaCha20Poly1305
                                        : crypto::AeadAlgorithm::kAes256Gcm};
}

class SuiteSet {
 public:
  constexpr SuiteSet(std::initializer_list<Suite> suites) {
    for (const Suite suite : suites) {
      add(suite);
    }
  }
  constexpr void add(Suite suite) { bits_ |= 1U << static_cast<unsigned>(suite); }
  constexpr bool contains(Suite suite) const {
    return (bits_ >> static_cast<unsigned>(suite) & 1U) != 0;
  }

 private:
  unsigned bits_ = 0;
};

inline constexpr SuiteSet kAllSuites{Suite::kX25519Aes, Suite::kP256Aes, Suite::kX25519ChaCha};

}  // namespace runard::envelope
