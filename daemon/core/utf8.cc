#include "core/utf8.h"

#include <cstdint>

namespace runard::core {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

std::size_t utf8_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
    return 0;
  }
  std::uint32_t point = lead & (0x7FU >> size);
  for (const char c : text.substr(1, size - 1)) {
    if (!continues(c)) {
      return 0;
    }
    point = point << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point >= kLeast[size] && point <= 0x10FFFF && !surrogate ? size : 0;
}

std::string_view cut_utf8(std::string_view text, std::size_t most) {
  if (text.size() <= most) {
    return text;
  }
  std::size_t end = most;
  while (end > 0 && most - end < 3 && continues(text[end])) {
    --end;
  }
  return text.substr(0, continues(text[end]) ? most : end);  // no character is that long
}

}  // namespace runard::core
