#include "crypto/secret_bytes.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/check.h"

namespace runard::crypto {

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size > 0) {
    data_ = static_cast<std::uint8_t*>(OPENSSL_secure_zalloc(size));
    RUNARD_CHECK(data_ != nullptr);
  }
}

SecretBytes SecretBytes::copy_of(core::ByteView bytes) {
  SecretBytes copy(bytes.size());
  std::ranges::copy(bytes, copy.bytes().begin());
  return copy;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void SecretBytes::wipe() noexcept {
  OPENSSL_secure_clear_free(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

bool operator==(const SecretBytes& a, const SecretBytes& b) {
  return a.size_ == b.size_ && (a.size_ == 0 || CRYPTO_memcmp(a.data_, b.data_, a.size_) == 0);
}

}  // namespace runard::crypto
