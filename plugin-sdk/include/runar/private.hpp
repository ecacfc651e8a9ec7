// Private<T, "label"...>: a field that only those may read whom the operator's labels name.
//
//   struct Profile {
//     std::string owner;                              // a profile id
//     std::string name;
//     runar::Private<std::string, "user"> email;      // a value, redacted, or absent
//     RUNAR_FIELDS(owner, name, email)
//     RUNAR_OWNER(owner)                              // "caller" then means: if it is the owner
//   };
//
// The daemon seals such fields whenever they leave the node, and shows those that it has no key for
// as redacted: that is not absent, and never a default value. Reading a value that is not there
// throws Error(RUNAR_E_DENIED).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <runar/error.hpp>
#include <runar/struct_codec.hpp>

namespace runar {

// A label as a template argument.
template <std::size_t N>
struct LabelText {
  // NOLINTNEXTLINE(google-explicit-constructor): a text is written where it is a label
  consteval LabelText(const char (&text)[N]) { std::copy_n(text, N, bytes); }
  constexpr std::string_view view() const { return {bytes, N - 1}; }
  char bytes[N];
};

template <class T, LabelText... kLabels>
class Private {
  static_assert(sizeof...(kLabels) > 0, "a private field has at least one label");

 public:
  Private() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a value is written where a private field is
  Private(T value) : value_(std::move(value)) {}
  Private& operator=(T value) {
    value_ = std::move(value);
    labels_.clear();
    return *this;
  }

  bool has_value() const { return value_.has_value(); }
  bool redacted() const { return !labels_.empty(); }
  bool absent() const { return !has_value() && !redacted(); }
  const T& value() const {
    if (!value_) {
      throw Error(RUNAR_E_DENIED, redacted() ? "the field is redacted" : "the field is absent",
                  Executed::kYes);
    }
    return *value_;
  }
  T value_or(T other) const { return value_ ? *value_ : std::move(other); }
  // Of a redacted field, as the sender named them.
  const std::vector<std::string>& labels() const { return labels_; }
  void reset() {
    value_.reset();
    labels_.clear();
  }
  void redact() {
    value_.reset();
    labels_ = {std::string(kLabels.view())...};
  }
  friend bool operator==(const Private&, const Private&) = default;

 private:
  friend struct Codec<Private>;
  std::optional<T> value_;
  std::vector<std::string> labels_;
};

namespace detail {

template <class T, LabelText... kLabels>
inline constexpr bool kIsPrivate<Private<T, kLabels...>> = true;

// {"type":"string"} with the labels in it.
inline void add_labels(std::string& schema, const std::vector<std::string_view>& labels) {
  std::string key = R"("x-runar-label":[)";
  for (const std::string_view label : labels) {
    key += key.back() == '[' ? "" : ",";
    append_quoted(key, label);
  }
  key += ']';
  const bool open = schema.size() > 2 && schema.front() == '{';
  schema = open ? "{" + key + "," + schema.substr(1) : "{" + key + "}";
}

}  // namespace detail

template <class T, LabelText... kLabels>
struct Codec<Private<T, kLabels...>> {
  using Field = Private<T, kLabels...>;

  static void write(cbor::Writer& writer, const Field& field) {
    if (field.value_) {
      Codec<T>::write(writer, *field.value_);
    } else if (field.redacted()) {
      writer.tag(RUNAR_CBOR_TAG_REDACTED);
      writer.array(field.labels_.size());
      for (const std::string& label : field.labels_) {
        writer.text(label);
      }
    } else {
      writer.null();
    }
  }
  static bool read(Decoder& from, Field& out) {
    out.reset();
    while (from.reader().peek() == cbor::Kind::kTag) {
      if (from.reader().tag() == RUNAR_CBOR_TAG_REDACTED) {
        return read_labels(from, out);
      }
    }
    const cbor::Kind kind = from.reader().peek();
    if (kind == cbor::Kind::kNull || kind == cbor::Kind::kUndefined) {
      from.reader().skip();
      return from.reader().ok();
    }
    return from.read(out.value_.emplace());
  }
  static void schema(std::string& out) {
    std::string inner;
    Codec<T>::schema(inner);
    detail::add_labels(inner, {kLabels.view()...});
    out += inner;
  }

 private:
  static bool read_labels(Decoder& from, Field& out) {
    out.redact();  // a mark without labels has these
    if (from.reader().peek() != cbor::Kind::kArray) {
      from.reader().skip();
      return from.reader().ok();
    }
    return from.read(out.labels_) && (!out.labels_.empty() || (out.redact(), true));
  }
};

}  // namespace runar
