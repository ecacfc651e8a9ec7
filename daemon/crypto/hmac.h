// HmacSha256: HMAC (RFC 2104) with SHA-256, through one context that is kept.
//
// OpenSSL keeps a copy of the key in its secure heap; apart from that block nothing is allocated.
// Threading: one thread at a time.
#pragma once

#include "core/bytes.h"
#include "crypto/digest.h"
#include "crypto/openssl_ptr.h"

namespace runard::crypto {

class HmacSha256 {
 public:
  HmacSha256();  // with an empty key

  // Any length. What was updated before is forgotten.
  void set_key(core::ByteView key);
  void update(core::ByteView bytes);
  // After it, the next message begins, with the same key.
  void finish(std::span<std::uint8_t, 32> out);

 private:
  MacPtr mac_;
  MacContextPtr context_;
};

}  // namespace runard::crypto
