// is_utf8: whether bytes are UTF-8 by RFC 3629 (no surrogates, no overlong forms, up to U+10FFFF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace runar::cbor {

namespace detail {

// Length of the well-formed sequence at `at`, or 0. The ranges are RFC 3629's table.
inline std::size_t utf8_sequence(const unsigned char* at, std::size_t left) noexcept {
  const auto follows = [&](std::size_t index, unsigned low, unsigned high) {
    return index < left && at[index] >= low && at[index] <= high;
  };
  const unsigned lead = at[0];
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return follows(1, 0x80, 0xBF) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace detail

inline bool is_utf8(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    if (left >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      if ((word & 0x8080808080808080U) == 0) {
        at += 8;
        left -= 8;
        continue;
      }
    }
    const std::size_t length = detail::utf8_sequence(at, left);
    if (length == 0) {
      return false;
    }
    at += length;
    left -= length;
  }
  return true;
}

}  // namespace runar::cbor
