// Codec<T>: how a C++ type is written to and read from CBOR, and described in JSON Schema.
//
// There are codecs for bool, integers, floats, enums, std::string, Bytes, std::vector, std::array,
// std::optional, maps with text keys and structs with RUNAR_FIELDS (struct_codec.hpp). For a type
// of your own, specialise Codec with the same three functions.
// Reading is lenient where nothing is lost: integers are taken for floats, whole floats for
// integers, base64url text for Bytes. Errors name the field: "items[2].price: expected a number".
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <runar/cbor.hpp>
#include <runar/detail/base64url.hpp>
#include <runar/detail/host.hpp>
#include <runar/fields.hpp>

namespace runar {

template <class T>
struct Codec;

namespace detail {
template <class T>
inline constexpr bool kIsPrivate = false;  // private.hpp
}

// A cbor::Reader that knows where it is and why it stopped.
class Decoder {
 public:
  explicit Decoder(std::span<const std::uint8_t> input, const cbor::Limits& limits = {})
      : reader_(input, limits) {}

  cbor::Reader& reader() { return reader_; }
  template <class T>
  bool read(T& out) {
    if constexpr (!detail::kIsPrivate<T>) {
      if (reader_.peek() == cbor::Kind::kTag && !skip_tags()) {
        return false;
      }
    }
    return Codec<T>::read(*this, out);
  }

  // All give false. The first reason stays.
  bool fail(std::string_view why) {
    if (why_.empty()) {
      why_ = why;
    }
    reader_.fail(cbor::Errc::kWrongType);
    return false;
  }
  bool expected(std::string_view what);
  // What failed lies inside this field or element.
  bool inside(std::string_view step) {
    path_.insert(0, path_.empty() || path_.front() == '[' ? "" : ".");
    path_.insert(0, step);
    return false;
  }
  bool inside(std::size_t index) { return inside("[" + std::to_string(index) + "]"); }

  bool has_path() const { return !path_.empty(); }
  // "items[2].price: expected a number, found a text"
  std::string message() const {
    const std::string why = why_.empty() ? cbor::describe(reader_.error()) : why_;
    return path_.empty() ? why : path_ + ": " + why;
  }

 private:
  bool skip_tags();

  cbor::Reader reader_;
  std::string why_;
  std::string path_;
};

constexpr std::string_view kind_name(cbor::Kind kind) {
  switch (kind) {
    case cbor::Kind::kUnsigned:
    case cbor::Kind::kNegative:
      return "an integer";
    case cbor::Kind::kBytes:
      return "bytes";
    case cbor::Kind::kText:
      return "a text";
    case cbor::Kind::kArray:
      return "a list";
    case cbor::Kind::kMap:
      return "a map";
    case cbor::Kind::kTag:
      return "a tag";
    case cbor::Kind::kBool:
      return "true or false";
    case cbor::Kind::kNull:
      return "null";
    case cbor::Kind::kUndefined:
      return "undefined";
    case cbor::Kind::kSimple:
      return "a simple value";
    case cbor::Kind::kFloat:
      return "a float";
    case cbor::Kind::kBreak:
      return "a break";
    case cbor::Kind::kEnd:
      return "nothing";
  }
  return "something else";
}

inline bool Decoder::expected(std::string_view what) {
  if (!reader_.ok()) {
    return false;
  }
  std::string why("expected ");
  why.append(what).append(", found ").append(kind_name(reader_.peek()));
  return fail(why);
}

// Tags say more about a value than our types need, but for one: the value was taken away.
inline bool Decoder::skip_tags() {
  while (reader_.peek() == cbor::Kind::kTag) {
    if (reader_.tag() == RUNAR_CBOR_TAG_REDACTED && reader_.ok()) {
      return fail("is private and not readable here");
    }
  }
  return reader_.ok();
}

namespace detail {

inline void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  out += '"';
}

template <class Int>
bool to_integer(double number, Int& out) {
  // 2^digits is exact in a double, unlike the type's maximum.
  const double above = std::ldexp(1.0, std::numeric_limits<Int>::digits);
  const double below = std::is_signed_v<Int> ? -above : 0.0;
  if (!(number >= below && number < above) || number != std::floor(number)) {
    return false;
  }
  out = static_cast<Int>(number);
  return true;
}

}  // namespace detail

template <>
struct Codec<bool> {
  static void write(cbor::Writer& writer, bool value) { writer.boolean(value); }
  static bool read(Decoder& from, bool& out) {
    if (from.reader().peek() != cbor::Kind::kBool) {
      return from.expected("true or false");
    }
    out = from.reader().boolean();
    return from.reader().ok();
  }
  static void schema(std::string& out) { out += R"({"type":"boolean"})"; }
};

template <std::integral T>
struct Codec<T> {
  static void write(cbor::Writer& writer, T value) {
    if constexpr (std::is_signed_v<T>) {
      writer.integer(value);
    } else {
      writer.unsigned_int(value);
    }
  }
  static bool read(Decoder& from, T& out) {
    const cbor::Kind kind = from.reader().peek();
    if (kind != cbor::Kind::kUnsigned && kind != cbor::Kind::kNegative &&
        kind != cbor::Kind::kFloat) {
      return from.expected("an integer");
    }
    const cbor::Head head = from.reader().head();
    if (!from.reader().ok()) {
      return false;
    }
    if (head.kind == cbor::Kind::kFloat) {
      return detail::to_integer(head.number, out) || from.fail("expected an integer in range");
    }
    // -1 - value for negative numbers: both signs have room for max() here.
    const bool negative = head.kind == cbor::Kind::kNegative;
    if (head.value > static_cast<std::uint64_t>(std::numeric_limits<T>::max()) ||
        (negative && !std::is_signed_v<T>)) {
      return from.fail("the number is out of range");
    }
    out = static_cast<T>(negative ? ~head.value : head.value);
    return true;
  }
  static void schema(std::string& out) {
    out += std::is_signed_v<T> ? R"({"type":"integer"})" : R"({"type":"integer","minimum":0})";
  }
};

template <std::floating_point T>
struct Codec<T> {
  static void write(cbor::Writer& writer, T value) { writer.number(static_cast<double>(value)); }
  static bool read(Decoder& from, T& out) {
    const cbor::Kind kind = from.reader().peek();
    if (kind != cbor::Kind::kUnsigned && kind != cbor::Kind::kNegative &&
        kind != cbor::Kind::kFloat) {
      return from.expected("a number");
    }
    out = static_cast<T>(from.reader().number());
    return from.reader().ok();
  }
  static void schema(std::string& out) { out += R"({"type":"number"})"; }
};

template <detail::AnyEnum T>
struct Codec<T> {
  using Number = std::underlying_type_t<T>;
  static void write(cbor::Writer& writer, T value) {
    Codec<Number>::write(writer, static_cast<Number>(value));
  }
  static bool read(Decoder& from, T& out) {
    Number number{};
    if (!Codec<Number>::read(from, number)) {
      return false;
    }
    out = static_cast<T>(number);
    return true;
  }
  static void schema(std::string& out) { Codec<Number>::schema(out); }
};

template <detail::NamedEnum T>
struct Codec<T> {
  static constexpr auto kTable = runar_enum_table(T{});
  static void write(cbor::Writer& writer, T value) {
    for (std::size_t i = 0; i < kTable.values.size(); ++i) {
      if (kTable.values[i] == value) {
        writer.text(kTable.names[i]);
        return;
      }
    }
    Codec<std::underlying_type_t<T>>::write(writer, static_cast<std::underlying_type_t<T>>(value));
  }
  static bool read(Decoder& from, T& out) {
    if (from.reader().peek() != cbor::Kind::kText) {
      return from.expected("one of its names");
    }
    std::string scratch;
    const std::string_view name = from.reader().text(scratch);
    for (std::size_t i = 0; i < kTable.values.size(); ++i) {
      if (kTable.names[i] == name) {
        out = kTable.values[i];
        return from.reader().ok();
      }
    }
    std::string why = "expected one of";
    for (const std::string_view known : kTable.names) {
      why.append(" ").append(known);
    }
    return from.reader().ok() && from.fail(why);
  }
  static void schema(std::string& out) {
    out += R"({"enum":[)";
    for (std::size_t i = 0; i < kTable.names.size(); ++i) {
      out += i == 0 ? "" : ",";
      detail::append_quoted(out, kTable.names[i]);
    }
    out += "]}";
  }
};

template <>
struct Codec<std::string> {
  static void write(cbor::Writer& writer, const std::string& value) { writer.text(value); }
  static bool read(Decoder& from, std::string& out) {
    if (from.reader().peek() != cbor::Kind::kText) {
      return from.expected("a text");
    }
    std::string scratch;
    out = from.reader().text(scratch);
    return from.reader().ok();
  }
  static void schema(std::string& out) { out += R"({"type":"string"})"; }
};

template <>
struct Codec<Bytes> {
  static void write(cbor::Writer& writer, const Bytes& value) { writer.bytes(value); }
  static bool read(Decoder& from, Bytes& out) {
    const cbor::Kind kind = from.reader().peek();
    if (kind == cbor::Kind::kText) {
      std::string scratch;
      const std::string_view text = from.reader().text(scratch);
      return from.reader().ok() &&
             (detail::from_base64url(text, out) || from.fail("expected bytes as base64url"));
    }
    if (kind != cbor::Kind::kBytes) {
      return from.expected("bytes");
    }
    Bytes scratch;
    const auto found = from.reader().bytes(scratch);
    out.assign(found.begin(), found.end());
    return from.reader().ok();
  }
  static void schema(std::string& out) {
    out += R"({"type":"string","contentEncoding":"base64url"})";
  }
};

}  // namespace runar
