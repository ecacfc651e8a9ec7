#include "crypto/digest.h"

#include <openssl/evp.h>

#include "core/check.h"

namespace runard::crypto {

Sha256 sha256(core::ByteView bytes) {
  Sha256 digest{};
  unsigned int size = 0;
  RUNARD_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
      size == digest.size());
  return digest;
}

std::string hex(core::ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

}  // namespace runard::crypto
