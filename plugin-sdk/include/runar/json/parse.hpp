// json::parse: strict JSON text (RFC 8259) to a Value.
//
// Refused: comments, trailing commas, a member that stands twice, text that is not UTF-8, lone
// surrogates, numbers beyond a double's range, more than the limits allow.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include <runar/cbor/utf8.hpp>
#include <runar/json/value.hpp>

namespace runar::json {

struct Limits {
  std::size_t max_depth = 64;
  std::size_t max_bytes = 16U << 20;
  std::size_t max_values = 1U << 20;
};

namespace detail {

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  bool document(Value& out) {
    if (text_.size() > limits_.max_bytes) {
      return fail("the text is too large");
    }
    if (!cbor::is_utf8(text_)) {
      return fail("the text is not UTF-8");
    }
    if (!value(out, 0)) {
      return false;
    }
    space();
    return at_ == text_.size() || fail("unexpected text after the value");
  }
  std::string message() const;

 private:
  bool fail(std::string_view why) {
    if (why_.empty()) {
      why_ = why;
    }
    return false;
  }
  void space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool take(char c) {
    space();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) {
      return fail("expected a value");
    }
    at_ += expected.size();
    return true;
  }
  bool value(Value& out, std::size_t depth);
  bool array(Value& out, std::size_t depth);
  bool object(Value& out, std::size_t depth);
  bool number(Value& out);
  bool digits();
  bool string(std::string& out);
  bool escape(std::string& out);
  bool hex4(unsigned& out);

  std::string_view text_;
  Limits limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  std::string why_;
};

// Recursive: max_depth bounds it
inline bool Parser::value(Value& out, std::size_t depth) {
  space();
  if (++values_ > limits_.max_values) {
    return fail("too many values");
  }
  const char first = at_ < text_.size() ? text_[at_] : '\0';
  switch (first) {
    case '{':
      return object(out, depth);
    case '[':
      return array(out, depth);
    case '"': {
      std::string text;
      const bool good = string(text);
      out = std::move(text);
      return good;
    }
    case 't':
      out = true;
      return word("true");
    case 'f':
      out = false;
      return word("false");
    case 'n':
      out = nullptr;
      return word("null");
    default:
      return number(out);
  }
}

// Recursive: max_depth bounds it
inline bool Parser::array(Value& out, std::size_t depth) {
  if (depth == limits_.max_depth) {
    return fail("nested too deeply");
  }
  ++at_;
  Value::Array items;
  if (!take(']')) {
    do {
      if (!value(items.emplace_back(), depth + 1)) {
        return false;
      }
    } while (take(','));
    if (!take(']')) {
      return fail("expected , or ]");
    }
  }
  out = std::move(items);
  return true;
}

// Recursive: max_depth bounds it
inline bool Parser::object(Value& out, std::size_t depth) {
  if (depth == limits_.max_depth) {
    return fail("nested too deeply");
  }
  ++at_;
  Value::Object members;
  if (!take('}')) {
    do {
      space();
      Value::Member& member = members.emplace_back();
      if (at_ == text_.size() || text_[at_] != '"') {
        return fail("expected a member's name in quotes");
      }
      if (!string(member.name)) {
        return false;
      }
      if (!take(':')) {
        return fail("expected :");
      }
      if (!value(member.value, depth + 1)) {
        return false;
      }
    } while (take(','));
    if (!take('}')) {
      return fail("expected , or }");
    }
  }
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& member : members) {
    names.push_back(member.name);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return fail("a name stands twice in one object");
  }
  out = std::move(members);
  return true;
}

inline bool Parser::digits() {
  const std::size_t from = at_;
  while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
    ++at_;
  }
  return at_ > from;
}

inline bool Parser::number(Value& out) {
  const std::size_t from = at_;
  const auto next = [&](std::string_view any) {
    const bool found = at_ < text_.size() && any.find(text_[at_]) != std::string_view::npos;
    at_ += found ? 1 : 0;
    return found;
  };
  next("-");
  const bool zero = next("0");
  if (!zero && !digits()) {
    at_ = from;
    return fail("expected a value");
  }
  bool whole = true;
  if (next(".")) {
    whole = false;
    if (!digits()) {
      return fail("expected a digit");
    }
  }
  if (next("eE")) {
    whole = false;
    next("+-");
    if (!digits()) {
      return fail("expected a digit");
    }
  }
  const char* begin = text_.data() + from;
  const char* end = text_.data() + at_;
  std::int64_t integer = 0;
  std::uint64_t large = 0;
  double real = 0;
  if (whole && std::from_chars(begin, end, integer).ec == std::errc()) {
    out = integer;
  } else if (whole && *begin != '-' && std::from_chars(begin, end, large).ec == std::errc()) {
    out = large;
  } else if (std::from_chars(begin, end, real).ec == std::errc()) {
    out = real;
  } else {
    return fail("the number is out of range");
  }
  return true;
}

inline bool Parser::string(std::string& out) {
  ++at_;
  while (at_ < text_.size()) {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    out.append(text_, from, at_ - from);
    if (at_ == text_.size()) {
      break;
    }
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c != '\\') {
      return fail("a control character in a text");
    }
    ++at_;
    if (!escape(out)) {
      return false;
    }
  }
  return fail("the text has no closing quote");
}

inline bool Parser::hex4(unsigned& out) {
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  if (digits.size() < 4 || ec != std::errc() || end != digits.data() + 4) {
    return fail("expected four hex digits");
  }
  at_ += 4;
  return true;
}

inline void append_utf8(std::string& out, unsigned code) {
  const auto add = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

inline bool Parser::escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  const char c = at_ < text_.size() ? text_[at_++] : '\0';
  if (c != 'u') {
    const std::size_t index = kNames.find(c);
    if (c == '\0' || index == std::string_view::npos) {
      return fail("unknown escape");
    }
    out += kValues[index];
    return true;
  }
  unsigned code = 0;
  if (!hex4(code)) {
    return false;
  }
  if (code >= 0xD800 && code <= 0xDFFF) {
    unsigned low = 0;
    if (code >= 0xDC00 || text_.substr(at_, 2) != "\\u") {
      return fail("half a surrogate pair");
    }
    at_ += 2;
    if (!hex4(low)) {
      return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
      return fail("half a surrogate pair");
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, code);
  return true;
}

inline std::string Parser::message() const {
  const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return "JSON " + std::to_string(line) + ":" + std::to_string(column) + ": " + why_;
}

}  // namespace detail

// Gives what is wrong ("JSON 3:7: expected :"), or an empty text and the value in `out`.
[[nodiscard]] inline std::string parse(std::string_view text, Value& out,
                                       const Limits& limits = {}) {
  detail::Parser parser(text, limits);
  return parser.document(out) ? std::string() : parser.message();
}

}  // namespace runar::json
