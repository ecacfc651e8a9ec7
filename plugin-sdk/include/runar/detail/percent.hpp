// Percent-escapes of topic segments: '/' ':' '*' '>' '{' '}' '%' and control characters.
#pragma once

#include <string>
#include <string_view>

namespace runar::detail {

// The size of the control character at `at`: 1, or 2 for U+0080-9F; 0 if there is none.
inline std::size_t control_size(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7F) {
    return 1;
  }
  const bool second = byte == 0xC2 && at + 1 < text.size();
  return second && static_cast<unsigned char>(text[at + 1]) <= 0x9F ? 2 : 0;
}

inline bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (control_size(text, at) > 0) {
      return true;
    }
  }
  return false;
}

inline std::string percent_encode(std::string_view value) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const bool special = std::string_view("/:*>{}%").find(value[at]) != std::string_view::npos;
    const std::size_t escaped = special ? 1 : control_size(value, at);
    if (escaped == 0) {
      out += value[at];
      continue;
    }
    for (std::size_t i = 0; i < escaped; ++i) {
      const auto byte = static_cast<unsigned char>(value[at + i]);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
    at += escaped - 1;
  }
  return out;
}

inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// False when a '%' is not followed by two hex digits.
inline bool percent_decode(std::string_view segment, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < segment.size(); ++at) {
    if (segment[at] != '%') {
      out += segment[at];
      continue;
    }
    const int high = at + 2 < segment.size() ? hex_digit(segment[at + 1]) : -1;
    const int low = at + 2 < segment.size() ? hex_digit(segment[at + 2]) : -1;
    if (high < 0 || low < 0) {
      return false;
    }
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return true;
}

}  // namespace runar::detail
