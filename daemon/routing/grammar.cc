#include "routing/grammar.h"

#include <fmt/format.h>

#include <algorithm>

#include "routing/escape.h"

namespace runard::routing {
namespace {

using core::Errc;
using core::Executed;

constexpr std::size_t kQuotedBytes = 100;

constexpr bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

// What split() has to do about a byte.
enum class Class : std::uint8_t { kPlain, kSlash, kRefused, kCareful };

constexpr std::array<Class, 256> kClass = [] {
  std::array<Class, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = byte < 0x20 || byte == 0x7F ? Class::kRefused
                  : byte >= 0x80              ? Class::kCareful
                                              : Class::kPlain;
  }
  for (const char c : {':', '*', '>', '{', '}'}) {
    table[static_cast<unsigned char>(c)] = Class::kRefused;
  }
  table['/'] = Class::kSlash;
  table['%'] = Class::kCareful;
  return table;
}();

// Builds the canonical text, segment by segment.
class Canonicaliser {
 public:
  explicit Canonicaliser(Grammar grammar) : grammar_(grammar) {}

  // Null, or what is wrong with the segment.
  const char* add(std::string_view segment, std::string& out) {
    if (++count_ > kMaxSegments) {
      return "more than 32 segments";
    }
    if (tail_) {
      return "'>' stands for all further segments, so it can only be the last";
    }
    if (count_ > 1) {
      out += '/';
    }
    if (grammar_ == Grammar::kPattern && is_wild(segment)) {
      return add_wild(segment, out);
    }
    return add_literal(segment, out);
  }
  std::size_t count() const { return count_; }

 private:
  static bool is_wild(std::string_view segment) {
    return segment == "*" || segment == ">" || segment.front() == '{';
  }
  const char* add_wild(std::string_view segment, std::string& out) {
    tail_ = segment == ">";
    if (segment.front() == '{') {
      if (segment.back() != '}' || !is_name(segment.substr(1, segment.size() - 2))) {
        return "a {name} is a whole segment, its name 1 to 64 of A-Z a-z 0-9 _ . -";
      }
      if (out.find(segment) != std::string::npos) {  // braces stand nowhere else
        return "a {name} occurs twice";
      }
    }
    out += segment;
    return nullptr;
  }
  const char* add_literal(std::string_view segment, std::string& out) const {
    for (std::size_t at = 0; at < segment.size(); ++at) {
      if (is_reserved(segment[at])) {
        return grammar_ == Grammar::kPath
                   ? "':', '*', '>', '{' and '}' can't stand in a concrete path unescaped"
                   : "'*', '>' and {name} stand for whole segments; elsewhere escape them";
      }
      if (control_size(segment, at) > 0) {
        return "a control character";
      }
    }
    if (segment.find('%') == std::string_view::npos) {
      out += segment;
      return nullptr;
    }
    const auto value = percent_decode_segment(segment);
    if (!value) {
      return "'%' begins an escape: two hex digits, together UTF-8; write %25 for itself";
    }
    out += percent_encode_segment(*value);
    return nullptr;
  }

  const Grammar grammar_;
  std::size_t count_ = 0;
  bool tail_ = false;
};

const char* append_path(std::string_view path, Grammar grammar, std::string& out) {
  if (path.size() > kMaxPathBytes) {
    return "longer than 1024 bytes";
  }
  if (!is_utf8(path)) {
    return "not UTF-8";
  }
  Canonicaliser canonicaliser(grammar);
  while (!path.empty()) {
    const std::size_t size = std::min(path.find('/'), path.size());
    if (size > 0) {
      if (const char* wrong = canonicaliser.add(path.substr(0, size), out)) {
        return wrong;
      }
    }
    path.remove_prefix(std::min(size + 1, path.size()));
  }
  return canonicaliser.count() == 0 ? "no segment" : nullptr;
}

// The byte that the escape at `at` stands for, -1 when it is none with upper-case digits.
int escaped_byte(std::string_view path, std::size_t at) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (at + 2 >= path.size() || path[at] != '%') {
    return -1;
  }
  const int high = digit(path[at + 1]);
  const int low = digit(path[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The size of the escape at `at` if percent_encode_segment would have written it, else 0.
std::size_t canonical_escape_size(std::string_view path, std::size_t at) {
  const int byte = escaped_byte(path, at);
  if (byte >= 0 && byte < 0x80) {
    const char c = static_cast<char>(byte);
    const bool needed = byte < 0x20 || byte == 0x7F || is_reserved(c) || c == '/' || c == '%';
    return needed ? 3 : 0;
  }
  const int next = byte == 0xC2 ? escaped_byte(path, at + 3) : -1;
  return next >= 0x80 && next <= 0x9F ? 6 : 0;
}

// split() for a path with escapes or bytes over 127.
bool is_canonical_text(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t escape = path[at] == '%' ? canonical_escape_size(path, at) : 1;
    if (escape == 0 || control_size(path, at) > 0) {
      return false;
    }
    at += escape;
  }
  return is_utf8(path);
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

std::string quoted(std::string_view text) {
  std::string shown(text.substr(0, kQuotedBytes));
  const bool utf8 = is_utf8(shown);
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const bool high = static_cast<unsigned char>(shown[at]) >= 0x80;
    if (control_size(shown, at) > 0 || (high && !utf8)) {
      shown[at] = '?';
      if (high && utf8) {
        shown[at + 1] = '?';  // the second byte of U+0080-9F
      }
    }
  }
  return fmt::format("\"{}\"{}", shown, text.size() > kQuotedBytes ? "..." : "");
}

core::Result<CanonicalText> canonicalise(std::string_view text, std::string_view default_network,
                                         Grammar grammar) {
  const Errc code = grammar == Grammar::kPath ? Errc::kBadTopic : Errc::kBadPattern;
  const std::size_t colon = text.find(':');
  const bool named = colon != std::string_view::npos;
  const std::string_view network = named ? text.substr(0, colon) : default_network;
  if (!is_name(network)) {
    return core::fail(
        code,
        fmt::format("{} (network {}): a network's name is 1 to 64 of A-Z a-z 0-9 _ . -",
                    quoted(text), quoted(network)),
        Executed::kNo);
  }
  CanonicalText result{std::string(network), network.size()};
  result.text += ':';
  if (const char* wrong =
          append_path(named ? text.substr(colon + 1) : text, grammar, result.text)) {
    return core::fail(code, fmt::format("{}: {}", quoted(text), wrong), Executed::kNo);
  }
  return result;
}

bool split(std::string_view path, SplitPath& out) {
  if (path.empty() || path.size() > kMaxPathBytes) {
    return false;
  }
  out.count = 0;
  out.begin[0] = 0;
  bool careful = false;
  for (std::size_t at = 0; at <= path.size(); ++at) {
    const Class what =
        at == path.size() ? Class::kSlash : kClass[static_cast<unsigned char>(path[at])];
    if (what == Class::kPlain) {
      continue;
    }
    if (what == Class::kRefused) {
      return false;
    }
    if (what == Class::kCareful) {
      careful = true;
      continue;
    }
    if (at == out.begin[out.count] || out.count == kMaxSegments) {
      return false;  // an empty segment, or one too many
    }
    out.begin[++out.count] = static_cast<std::uint16_t>(at + 1);
  }
  return !careful || is_canonical_text(path);
}

}  // namespace runard::routing
