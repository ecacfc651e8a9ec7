// SecretArray: a secret of a fixed size, in place: for keys that live as long as a function or
// their owner. Cleansed when it ends; no copies, and no way to print, format or log it.
//
// For a secret that stays, prefer SecretBytes, which lives in the secure heap. Not thread-safe, as
// any value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "crypto/constant_time.h"
#include "crypto/secret_bytes.h"

namespace runard::crypto {

template <std::size_t N>
class SecretArray {
 public:
  SecretArray() = default;  // zeros
  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  ~SecretArray() { clear(); }

  std::span<std::uint8_t, N> bytes() { return bytes_; }
  std::span<const std::uint8_t, N> view() const { return bytes_; }

  void clear() { cleanse(bytes_); }  // zeros again

  // In a time that depends on the length only.
  friend bool operator==(const SecretArray& a, const SecretArray& b) {
    return equal_in_constant_time(a.bytes_, b.bytes_);
  }

  template <class Stream>
  friend Stream& operator<<(Stream&, const SecretArray&) = delete;

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace runard::crypto
