#include "routing/escape.h"

#include "core/utf8.h"

namespace runard::routing {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

void append_escape(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = core::utf8_size(text);
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

bool is_reserved(char c) {
  return c == ':' || c == '*' || c == '>' || c == '{' || c == '}';
}

std::size_t control_size(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7F) {
    return 1;
  }
  const bool c1 = byte == 0xC2 && at + 1 < text.size() &&
                  static_cast<unsigned char>(text[at + 1]) >= 0x80 &&
                  static_cast<unsigned char>(text[at + 1]) <= 0x9F;
  return c1 ? 2 : 0;
}

std::string percent_encode_segment(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t at = 0; at < value.size();) {
    const char c = value[at];
    const std::size_t size = core::utf8_size(value.substr(at));
    const bool escaped =
        size == 0 || is_reserved(c) || c == '/' || c == '%' || control_size(value, at) > 0;
    for (const char byte : value.substr(at, size == 0 ? 1 : size)) {
      if (escaped) {
        append_escape(out, byte);
      } else {
        out += byte;
      }
    }
    at += size == 0 ? 1 : size;
  }
  return out;
}

core::Result<std::string> percent_decode_segment(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (std::size_t at = 0; at < segment.size(); ++at) {
    if (segment[at] != '%') {
      out += segment[at];
      continue;
    }
    const int high = at + 2 < segment.size() ? hex_value(segment[at + 1]) : -1;
    const int low = at + 2 < segment.size() ? hex_value(segment[at + 2]) : -1;
    if (high < 0 || low < 0) {
      return core::fail(core::Errc::kBadTopic, "a '%' begins an escape: write %25 for itself",
                        core::Executed::kNo);
    }
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (out.empty() || !is_utf8(out)) {
    return core::fail(core::Errc::kBadTopic,
                      out.empty() ? "a segment is empty" : "a segment is not UTF-8",
                      core::Executed::kNo);
  }
  return out;
}

}  // namespace runard::routing
