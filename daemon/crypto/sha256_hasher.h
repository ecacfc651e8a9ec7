// Sha256Hasher: SHA-256 of bytes that come in pieces, through one context that is kept, so that
// nothing is allocated. One thread at a time.
#pragma once

#include "core/bytes.h"
#include "crypto/digest.h"
#include "crypto/openssl_ptr.h"

namespace runard::crypto {

class Sha256Hasher {
 public:
  Sha256Hasher();

  void update(core::ByteView bytes);
  // After it, the next message begins.
  Sha256 finish();

 private:
  DigestContextPtr context_;
};

}  // namespace runard::crypto
