#include "config/problem.h"

#include <fmt/format.h>

namespace runard::config {
namespace {

constexpr std::size_t kShown = 60;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The longest prefix of at most `limit` bytes that does not end inside a character.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  while (limit > 0 && is_continuation(text[limit])) {
    --limit;
  }
  return text.substr(0, limit);
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  const std::string_view shown = cut(text, kShown);
  std::string out = "\"";
  append_escaped(out, shown);
  out += shown.size() < text.size() ? "…\"" : "\"";
  return out;
}

std::string Problem::text() const {
  std::string out = file;
  if (mark.line > 0) {
    out += fmt::format(":{}:{}", mark.line, mark.column);
  }
  out += ": ";
  if (!key.empty()) {
    append_escaped(out, cut(key, 4 * kShown));
    out += ": ";
  }
  out += what;
  if (!instead.empty()) {
    out += (mark.line > 0 ? ", " : "; ") + instead;
  }
  return out;
}

}  // namespace runard::config
