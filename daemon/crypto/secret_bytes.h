// SecretBytes: bytes that must not leak. Move-only, cleansed when freed, and without any way to
// print, format or log them: such code does not compile.
//
// Lives in OpenSSL's secure heap where the process has made one (CRYPTO_secure_malloc_init), else
// in ordinary memory. Not thread-safe, as any value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/bytes.h"

namespace runard::crypto {

// Overwrites what is no longer needed; the compiler may not leave it out.
void cleanse(std::span<std::uint8_t> bytes) noexcept;

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  // zeroed
  static SecretBytes copy_of(core::ByteView bytes);

  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { wipe(); }

  std::span<std::uint8_t> bytes() { return {data_, size_}; }
  core::ByteView view() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // In a time that depends on the length only.
  friend bool operator==(const SecretBytes& a, const SecretBytes& b);

  template <class Stream>
  friend Stream& operator<<(Stream&, const SecretBytes&) = delete;

 private:
  void wipe() noexcept;

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace runard::crypto
