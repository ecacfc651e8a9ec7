// JoinedBytes: a short byte string put together in place: infos of HKDF and HPKE, AADs, what is
// signed. More than its size ends the process: all parts have known lengths.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/bytes.h"
#include "core/check.h"

namespace runard::envelope {

template <std::size_t Capacity>
class JoinedBytes {
 public:
  JoinedBytes& add(core::ByteView bytes) {
    RUNARD_CHECK(bytes.size() <= Capacity - size_);
    std::ranges::copy(bytes, bytes_.begin() + size_);
    size_ += bytes.size();
    return *this;
  }
  JoinedBytes& add(std::string_view text) { return add(core::as_bytes(text)); }
  // Big-endian.
  template <class Number>
  JoinedBytes& add_number(Number number) {
    std::array<std::uint8_t, sizeof number> bytes{};
    for (std::size_t i = 0; i < sizeof number; ++i) {
      bytes[i] = static_cast<std::uint8_t>(number >> (8 * (sizeof number - 1 - i)));
    }
    return add(bytes);
  }
  core::ByteView view() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, Capacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace runard::envelope
