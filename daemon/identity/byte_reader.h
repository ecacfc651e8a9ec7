// ByteReader: takes fixed and counted parts from the front of a byte string, most significant byte
// first. After a part that is not there everything reads as empty and failed() stays true, so a
// parser checks once at its end. Borrows the bytes.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace runard::identity {

class ByteReader {
 public:
  explicit ByteReader(core::ByteView bytes) : rest_(bytes) {}

  core::ByteView take(std::size_t size) {
    if (failed_ || rest_.size() < size) {
      failed_ = true;
      return {};
    }
    const core::ByteView front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }
  // A number of `size` bytes, at most 8.
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(size)) {
      value = value << 8 | byte;
    }
    return value;
  }
  // A length of `size` bytes, then so many bytes.
  core::ByteView counted(std::size_t size) { return take(number(size)); }

  core::ByteView rest() const { return rest_; }
  bool failed() const { return failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }

 private:
  core::ByteView rest_;
  bool failed_ = false;
};

// The other way: appends `value` in `size` bytes.
inline void put_number(core::Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

inline void put_bytes(core::Bytes& out, core::ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace runard::identity
