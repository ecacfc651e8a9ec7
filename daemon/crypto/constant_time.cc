#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace runard::crypto {

bool equal_in_constant_time(core::ByteView a, core::ByteView b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace runard::crypto
