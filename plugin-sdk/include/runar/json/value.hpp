// json::Value: one JSON value (RFC 8259), as a service's configuration and dynamic payloads have
// it.
//
// A value type. Objects keep the order in which their members stood. Whole numbers stay integers
// as long as they fit 64 bits.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace runar::json {

// A member of an object; a template so that it may name Value before that is complete.
template <class V>
struct MemberOf {
  std::string name{};
  V value{};
  friend bool operator==(const MemberOf&, const MemberOf&) = default;
};

class Value {
 public:
  using Array = std::vector<Value>;
  using Member = MemberOf<Value>;
  using Object = std::vector<Member>;

  Value() = default;
  // NOLINTBEGIN(google-explicit-constructor)
  Value(std::nullptr_t) {}
  template <std::same_as<bool> Bool>  // not what merely converts to bool, as pointers do
  Value(Bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(std::uint64_t value);
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(Array value) : data_(std::move(value)) {}
  Value(Object value) : data_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(data_); }
  // Null when the value is of another type.
  const bool* if_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::uint64_t* if_large() const { return std::get_if<std::uint64_t>(&data_); }  // > int64
  const double* if_double() const { return std::get_if<double>(&data_); }
  const std::string* if_string() const { return std::get_if<std::string>(&data_); }
  const Array* if_array() const { return std::get_if<Array>(&data_); }
  const Object* if_object() const { return std::get_if<Object>(&data_); }
  Array* if_array() { return std::get_if<Array>(&data_); }
  Object* if_object() { return std::get_if<Object>(&data_); }

  // A member of an object; null when there is none, or this is no object.
  const Value* find(std::string_view name) const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      data_ = nullptr;
};

inline Value::Value(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(INT64_MAX)) {
    data_ = static_cast<std::int64_t>(value);
  } else {
    data_ = value;
  }
}

inline const Value* Value::find(std::string_view name) const {
  if (const Object* object = if_object()) {
    for (const Member& member : *object) {
      if (member.name == name) {
        return &member.value;
      }
    }
  }
  return nullptr;
}

// What a value is called in messages.
inline std::string_view type_name(const Value& value) {
  if (value.is_null()) {
    return "null";
  }
  if (value.if_bool() != nullptr) {
    return "true or false";
  }
  if (value.if_integer() != nullptr || value.if_large() != nullptr) {
    return "an integer";
  }
  if (value.if_double() != nullptr) {
    return "a number";
  }
  if (value.if_string() != nullptr) {
    return "a text";
  }
  return value.if_array() != nullptr ? "a list" : "an object";
}

}  // namespace runar::json
