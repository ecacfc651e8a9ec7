// HmacSha256: HMAC (RFC 2104) with SHA-256, over two kept digest contexts.
//
// OpenSSL's EVP_MAC allocates a copy of each key that it is given; envelopes set several keys a
// message and are to allocate nothing, so the two lines of HMAC are written out here and the
// hashing is OpenSSL's. Threading: one thread at a time. The last key stays until the next one, or
// until the end.
#pragma once

#include "core/bytes.h"
#include "crypto/secret_array.h"
#include "crypto/sha256_hasher.h"

namespace runard::crypto {

class HmacSha256 {
 public:
  HmacSha256() { set_key({}); }

  // Any length. What was updated before is forgotten.
  void set_key(core::ByteView key);
  void update(core::ByteView bytes) { inner_.update(bytes); }
  // After it, the next message begins, with the same key.
  void finish(std::span<std::uint8_t, 32> out);

 private:
  static constexpr std::size_t kBlockSize = 64;

  Sha256Hasher inner_;
  Sha256Hasher outer_;
  SecretArray<kBlockSize> inner_pad_;
  SecretArray<kBlockSize> outer_pad_;
};

}  // namespace runard::crypto
