// JSON text to CBOR and back, as the command line and the gateway show payloads.
//
// CBOR to JSON (follows RFC 8949 section 6.1):
//   bytes -> base64url text without padding      undefined, NaN, infinities -> null
//   tags are left out, their content is shown    simple values without a name -> null
//   a private field that could not be opened -> {"$redacted":["user"]}
//   map keys: text as it is; integers, floats, true, false, null as their JSON text; bytes as
//   base64url; lists and maps as keys are refused, and so are two keys with one spelling
// JSON to CBOR: whole numbers become integers while they fit 64 bits, other numbers floats; the
// result is canonical. {"$redacted":...} is not turned back: nobody can forge "was redacted".
#pragma once

#include <string>
#include <string_view>

#include <runar/cbor.hpp>
#include <runar/codec.hpp>
#include <runar/json.hpp>

namespace runar {

// Values nest as deeply as the reader or parser that made them allowed.
template <>
struct Codec<json::Value> {
  // Recursive, as deep as the value.
  static void write(cbor::Writer& writer, const json::Value& value) {
    if (const auto* text = value.if_string()) {
      writer.text(*text);
    } else if (const auto* integer = value.if_integer()) {
      writer.integer(*integer);
    } else if (const auto* large = value.if_large()) {
      writer.unsigned_int(*large);
    } else if (const auto* real = value.if_double()) {
      writer.number(*real);
    } else if (const auto* truth = value.if_bool()) {
      writer.boolean(*truth);
    } else if (const auto* array = value.if_array()) {
      writer.array(array->size());
      for (const json::Value& item : *array) {
        write(writer, item);
      }
    } else if (const auto* object = value.if_object()) {
      cbor::MapWriter map(writer, object->size());
      for (const auto& [name, member] : *object) {
        map.key(name);
        write(writer, member);
      }
      (void)map.finish();  // the parser lets no name stand twice
    } else {
      writer.null();
    }
  }
  static bool read(Decoder& from, json::Value& out);
  static void schema(std::string& out) { out += "true"; }
};

namespace detail {

// Reads one CBOR item into a JSON value by the rules above.
class JsonReader {
 public:
  explicit JsonReader(Decoder& from) : from_(from), reader_(from.reader()) {}
  bool value(json::Value& out);

 private:
  bool array(json::Value& out);
  bool map(json::Value& out);
  bool key(std::string& out);
  bool redacted(json::Value& out);
  json::Value scalar(const cbor::Head& head) const;

  Decoder& from_;
  cbor::Reader& reader_;
};

inline json::Value JsonReader::scalar(const cbor::Head& head) const {
  switch (head.kind) {
    case cbor::Kind::kUnsigned:
      return head.value;
    case cbor::Kind::kNegative:
      if (head.value <= static_cast<std::uint64_t>(INT64_MAX)) {
        return -1 - static_cast<std::int64_t>(head.value);
      }
      return -1.0 - static_cast<double>(head.value);
    case cbor::Kind::kFloat:
      return head.number;
    case cbor::Kind::kBool:
      return head.value == 1;
    default:
      return nullptr;
  }
}

// Recursive: the reader's depth limit bounds it
inline bool JsonReader::value(json::Value& out) {
  if (!reader_.charge(sizeof(json::Value))) {
    return false;
  }
  while (reader_.peek() == cbor::Kind::kTag) {
    if (reader_.tag() == RUNAR_CBOR_TAG_REDACTED) {
      return redacted(out);
    }
  }
  switch (reader_.peek()) {
    case cbor::Kind::kText: {
      std::string scratch;
      out = std::string(reader_.text(scratch));
      return reader_.ok();
    }
    case cbor::Kind::kBytes: {
      Bytes scratch;
      std::string text;
      append_base64url(text, reader_.bytes(scratch));
      out = std::move(text);
      return reader_.ok();
    }
    case cbor::Kind::kArray:
      return array(out);
    case cbor::Kind::kMap:
      return map(out);
    default: {
      const cbor::Head head = reader_.head();
      if (head.kind == cbor::Kind::kBreak) {
        reader_.fail(cbor::Errc::kMalformed);
      }
      out = scalar(head);
      return reader_.ok();
    }
  }
}

inline bool JsonReader::redacted(json::Value& out) {
  json::Value labels = true;
  if (reader_.peek() != cbor::Kind::kArray) {
    reader_.skip();
  } else if (!array(labels)) {
    return false;
  }
  out = json::Value::Object{{"$redacted", std::move(labels)}};
  return reader_.ok();
}

// Recursive: see value()
inline bool JsonReader::array(json::Value& out) {
  json::Value::Array items;
  cbor::Container list = reader_.array();
  while (reader_.more(list)) {
    if (!value(items.emplace_back())) {
      return false;
    }
  }
  out = std::move(items);
  return reader_.ok();
}

inline bool JsonReader::key(std::string& out) {
  while (reader_.peek() == cbor::Kind::kTag) {
    reader_.tag();
  }
  const cbor::Kind kind = reader_.peek();
  if (kind == cbor::Kind::kArray || kind == cbor::Kind::kMap) {
    return from_.fail("a list or map as a key has no JSON");
  }
  json::Value found;
  if (!value(found)) {
    return false;
  }
  const std::string* text = found.if_string();
  out = text != nullptr ? *text : json::to_text(found);
  return true;
}

// Recursive: see value()
inline bool JsonReader::map(json::Value& out) {
  json::Value::Object members;
  cbor::Container map = reader_.map();
  while (reader_.more(map)) {
    auto& [name, member] = members.emplace_back();
    if (!key(name) || !value(member)) {
      return false;
    }
  }
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& member : members) {
    names.push_back(member.name);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    reader_.fail(cbor::Errc::kDuplicateKey);
  }
  out = std::move(members);
  return reader_.ok();
}

}  // namespace detail

inline bool Codec<json::Value>::read(Decoder& from, json::Value& out) {
  return detail::JsonReader(from).value(out);
}

// All three give what is wrong, or an empty text and the result in their second argument.
[[nodiscard]] inline std::string json_to_cbor(std::string_view text, cbor::Writer& out,
                                              const json::Limits& limits = {}) {
  json::Value value;
  std::string problem = json::parse(text, value, limits);
  if (problem.empty()) {
    Codec<json::Value>::write(out, value);
  }
  return problem;
}

[[nodiscard]] inline std::string cbor_to_value(std::span<const std::uint8_t> bytes,
                                               json::Value& out, const cbor::Limits& limits = {}) {
  Decoder from(bytes, limits);
  if (detail::JsonReader(from).value(out)) {
    from.reader().expect_end();
  }
  return from.reader().ok() ? std::string() : from.message();
}

[[nodiscard]] inline std::string cbor_to_json(std::span<const std::uint8_t> bytes, std::string& out,
                                              const cbor::Limits& limits = {}) {
  json::Value value;
  std::string problem = cbor_to_value(bytes, value, limits);
  if (problem.empty()) {
    json::write(out, value);
  }
  return problem;
}

}  // namespace runar
