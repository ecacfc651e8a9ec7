// base64url of RFC 4648 section 5. Written without padding; read with or without.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace runar::detail {

inline void append_base64url(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) {
      out += kDigits[held >> (bits - 6) & 63];
    }
  }
  if (bits > 0) {
    out += kDigits[held << (6 - bits) & 63];
  }
}

constexpr int base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

// False when `text` is not base64url; `out` is then unspecified.
inline bool from_base64url(std::string_view text, std::vector<std::uint8_t>& out) {
  while (!text.empty() && text.back() == '=') {
    text.remove_suffix(1);
  }
  out.clear();
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0) {
      return false;
    }
    held = held << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<std::uint8_t>(held >> bits));
    }
  }
  return bits < 6 && (held & ((1U << bits) - 1)) == 0;
}

}  // namespace runar::detail
