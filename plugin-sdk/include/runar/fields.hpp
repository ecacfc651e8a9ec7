// RUNAR_FIELDS, RUNAR_OPTIONAL, RUNAR_ENUM: one list that makes a struct or enum cross the mesh.
//
//   struct Profile {
//     std::string name;
//     std::optional<std::string> email;        // may be absent
//     int visits = 0;
//     RUNAR_FIELDS(name, email, visits)        // a CBOR map with these keys, and a JSON Schema
//     RUNAR_OPTIONAL(visits)                   // may be absent too: then it keeps its value
//   };
//   enum class Color { red, green };
//   RUNAR_ENUM(Color, red, green)              // travels as the text "red"; beside the enum
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace runar::detail {

constexpr std::size_t count_names(std::string_view list) {
  std::size_t count = 1;
  for (const char c : list) {
    count += c == ',' ? 1U : 0U;
  }
  return count;
}

// "a, b" -> {"a", "b"}
template <std::size_t N>
constexpr std::array<std::string_view, N> split_names(std::string_view list) {
  std::array<std::string_view, N> names{};
  for (auto& name : names) {
    while (!list.empty() && list.front() == ' ') {
      list.remove_prefix(1);
    }
    const std::size_t end = list.find_first_of(", ");
    name = list.substr(0, end);
    const std::size_t comma = list.find(',');
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return names;
}

template <class Enum, std::size_t N>
struct EnumTable {
  std::array<Enum, N> values;
  std::array<std::string_view, N> names;
};

template <class T>
concept HasFields = requires(T& value) {
  value.runar_tie();
  T::runar_names();
};
template <class T>
concept HasOptional = requires { T::runar_optional_names(); };
template <class T>
concept HasOwner = requires { T::runar_owner_name(); };
template <class T>
concept AnyEnum = std::is_enum_v<T>;
template <class T>
concept NamedEnum = AnyEnum<T> && requires(T value) { runar_enum_table(value); };

}  // namespace runar::detail

#define RUNAR_FIELDS(...)                                                                          \
  auto runar_tie() {                                                                               \
    return ::std::tie(__VA_ARGS__);                                                                \
  }                                                                                                \
  auto runar_tie() const {                                                                         \
    return ::std::tie(__VA_ARGS__);                                                                \
  }                                                                                                \
  static constexpr auto runar_names() {                                                            \
    return ::runar::detail::split_names<::runar::detail::count_names(#__VA_ARGS__)>(#__VA_ARGS__); \
  }
#define RUNAR_OPTIONAL(...)                                                                        \
  static constexpr auto runar_optional_names() {                                                   \
    return ::runar::detail::split_names<::runar::detail::count_names(#__VA_ARGS__)>(#__VA_ARGS__); \
  }
// The field that holds the profile id of the one whose data it is (private.hpp).
#define RUNAR_OWNER(field)                   \
  static constexpr auto runar_owner_name() { \
    return ::std::string_view(#field);       \
  }
#define RUNAR_ENUM(Type, ...)                                                    \
  [[maybe_unused]] constexpr auto runar_enum_table(Type) {                       \
    using enum Type;                                                             \
    constexpr ::std::size_t kCount = ::runar::detail::count_names(#__VA_ARGS__); \
    return ::runar::detail::EnumTable<Type, kCount>{                             \
        {__VA_ARGS__}, ::runar::detail::split_names<kCount>(#__VA_ARGS__)};      \
  }
