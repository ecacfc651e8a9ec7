#include "admin/base64.h"

#include <array>

namespace runard::admin {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

}  // namespace

std::string to_base64(core::ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t word = static_cast<std::uint32_t>(bytes[i]) << 16 |
                               (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0U) |
                               (left > 2 ? static_cast<std::uint32_t>(bytes[i + 2]) : 0U);
    text += kAlphabet[word >> 18];
    text += kAlphabet[(word >> 12) & 63];
    text += left > 1 ? kAlphabet[(word >> 6) & 63] : '=';
    text += left > 2 ? kAlphabet[word & 63] : '=';
  }
  return text;
}

std::optional<core::Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  core::Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const std::int8_t value = kValues[static_cast<std::uint8_t>(text[i])];
    if (value < 0) {
      return std::nullopt;
    }
    word = (word << 6) | static_cast<std::uint32_t>(value);
    if (i % 4 == 3) {
      bytes.push_back(static_cast<std::uint8_t>(word >> 16));
      bytes.push_back(static_cast<std::uint8_t>(word >> 8));
      bytes.push_back(static_cast<std::uint8_t>(word));
      word = 0;
    }
  }
  if (padding == 2) {
    bytes.push_back(static_cast<std::uint8_t>(word >> 4));
  } else if (padding == 1) {
    bytes.push_back(static_cast<std::uint8_t>(word >> 10));
    bytes.push_back(static_cast<std::uint8_t>(word >> 2));
  }
  const bool canonical = padding == 0 || (word & (padding == 2 ? 0x0FU : 0x03U)) == 0;
  return canonical ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace runard::admin
