#include "core/ids.h"

namespace runard::core {
namespace {
constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuv";
}

std::string base32hex(ByteView bytes) {
  std::string text(base32hex_size(bytes.size()), '0');
  base32hex(bytes, text);
  return text;
}

void base32hex(ByteView bytes, std::span<char> out) {
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      out[at++] = kAlphabet[(bits >> held) & 31];
    }
  }
  if (held > 0) {
    out[at] = kAlphabet[(bits << (5 - held)) & 31];
  }
}

bool parse_base32hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != (out.size() * 8 + 4) / 5) {
    return false;
  }
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) {
      return false;
    }
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    held += 5;
    if (held >= 8) {
      held -= 8;
      out[at++] = static_cast<std::uint8_t>(bits >> held);
    }
  }
  return (bits & ((1U << held) - 1)) == 0;  // the spare bits carry nothing
}

}  // namespace runard::core
