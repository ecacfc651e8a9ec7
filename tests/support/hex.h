// Hex text to bytes, as test vectors and golden bytes have it; spaces are free.
#pragma once

#include <string_view>

#include "core/bytes.h"

namespace runard::test {

inline core::Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  core::Bytes bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') {
      continue;
    }
    if (high < 0) {
      high = digit(c);
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit(c)));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace runard::test
