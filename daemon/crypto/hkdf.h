// Hkdf: HKDF with SHA-256 (RFC 5869), extract and expand apart, over two kept HMAC contexts: many
// keys may be extracted with one salt and many values expanded from one key without setting a key
// anew.
//
// Threading: one thread at a time. The last keys stay in the contexts until the next ones, or until
// the Hkdf ends.
#pragma once

#include "core/bytes.h"
#include "crypto/hmac.h"
#include "crypto/secret_array.h"

namespace runard::crypto {

inline constexpr std::size_t kMaxHkdfOutput = 255 * 32;

class Hkdf {
 public:
  // For the extracts that follow; empty at first.
  void set_salt(core::ByteView salt) { salted_.set_key(salt); }
  // Makes the pseudorandom key that expand() works with.
  void extract(core::ByteView key_material);
  // Instead of extract(), when the key at hand is uniformly random already.
  void set_key(core::ByteView pseudorandom_key) { keyed_.set_key(pseudorandom_key); }
  // False, and nothing written, for more than kMaxHkdfOutput.
  [[nodiscard]] bool expand(core::ByteView info, std::span<std::uint8_t> out);

 private:
  HmacSha256 salted_;
  HmacSha256 keyed_;
};

}  // namespace runard::crypto
