#include "crypto/secret_bytes.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/constant_time.h"

namespace runard::crypto {

void cleanse(std::span<std::uint8_t> bytes) noexcept {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size > 0) {
    data_ = static_cast<std::uint8_t*>(OPENSSL_secure_zalloc(size));
    if (data_ == nullptr) {  // the secure heap is full: cleansed all the same
      data_ = static_cast<std::uint8_t*>(OPENSSL_zalloc(size));
    }
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
  return equal_in_constant_time(a.view(), b.view());
}

}  // namespace runard::crypto
