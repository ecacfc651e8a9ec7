// Codecs of containers, of std::optional and of structs with RUNAR_FIELDS.
#pragma once

#include <algorithm>
#include <utility>

#include <runar/codec.hpp>

namespace runar {

namespace detail {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// Reads a list element by element: each(index) reads one.
template <class Each>
bool read_list(Decoder& from, Each&& each) {
  if (from.reader().peek() != cbor::Kind::kArray) {
    return from.expected("a list");
  }
  cbor::Container list = from.reader().array();
  for (std::size_t index = 0; from.reader().more(list); ++index) {
    if (!each(index)) {
      return from.inside(index);
    }
  }
  return from.reader().ok();
}

template <class Map>
struct MapCodec {
  using Value = typename Map::mapped_type;
  static void write(cbor::Writer& writer, const Map& value) {
    cbor::MapWriter map(writer, value.size());
    for (const auto& [key, element] : value) {
      map.key(key);
      Codec<Value>::write(writer, element);
    }
    (void)map.finish();  // the keys of a map differ
  }
  static bool read(Decoder& from, Map& out) {
    if (from.reader().peek() != cbor::Kind::kMap) {
      return from.expected("a map");
    }
    out.clear();
    std::string key;
    cbor::Container map = from.reader().map();
    while (from.reader().more(map)) {
      if (!Codec<std::string>::read(from, key)) {
        return false;
      }
      Value element{};
      if (!from.reader().charge(sizeof(Value) + key.size() + 64) || !from.read(element)) {
        return from.inside(key);
      }
      if (!out.emplace(key, std::move(element)).second) {
        return from.fail("the key " + key + " stands twice");
      }
    }
    return from.reader().ok();
  }
  static void schema(std::string& out) {
    out += R"({"type":"object","additionalProperties":)";
    Codec<Value>::schema(out);
    out += '}';
  }
};

// The indices of `names` in canonical key order: shorter first, then by bytes.
template <std::size_t N>
constexpr std::array<std::size_t, N> canonical_order(const std::array<std::string_view, N>& names) {
  std::array<std::size_t, N> order{};
  for (std::size_t i = 0; i < N; ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return names[a].size() != names[b].size() ? names[a].size() < names[b].size()
                                              : names[a] < names[b];
  });
  return order;
}

template <class T>
constexpr bool may_be_absent(std::string_view name) {
  if constexpr (HasOptional<T>) {
    const auto names = T::runar_optional_names();
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  return false;
}

}  // namespace detail

template <class T>
struct Codec<std::optional<T>> {
  static void write(cbor::Writer& writer, const std::optional<T>& value) {
    if (value) {
      Codec<T>::write(writer, *value);
    } else {
      writer.null();
    }
  }
  static bool read(Decoder& from, std::optional<T>& out) {
    const cbor::Kind kind = from.reader().peek();
    if (kind == cbor::Kind::kNull || kind == cbor::Kind::kUndefined) {
      out.reset();
      from.reader().skip();
      return from.reader().ok();
    }
    return from.read(out.emplace());
  }
  static void schema(std::string& out) {
    out += R"({"anyOf":[)";
    Codec<T>::schema(out);
    out += R"(,{"type":"null"}]})";
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static void write(cbor::Writer& writer, const std::vector<T>& value) {
    writer.array(value.size());
    for (const auto& element : value) {
      Codec<T>::write(writer, element);
    }
  }
  static bool read(Decoder& from, std::vector<T>& out) {
    out.clear();
    return detail::read_list(from, [&](std::size_t) {
      T element{};
      if (!from.reader().charge(sizeof(T)) || !from.read(element)) {
        return false;
      }
      out.push_back(std::move(element));
      return true;
    });
  }
  static void schema(std::string& out) {
    out += R"({"type":"array","items":)";
    Codec<T>::schema(out);
    out += '}';
  }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
  static void write(cbor::Writer& writer, const std::array<T, N>& value) {
    writer.array(N);
    for (const auto& element : value) {
      Codec<T>::write(writer, element);
    }
  }
  static bool read(Decoder& from, std::array<T, N>& out) {
    std::size_t count = 0;
    const bool read = detail::read_list(from, [&](std::size_t index) {
      count = index + 1;
      return index < N ? from.read(out[index]) : from.fail("the list is too long");
    });
    return read && (count == N || from.fail("the list is too short"));
  }
  static void schema(std::string& out) {
    out += R"({"type":"array","items":)";
    Codec<T>::schema(out);
    const std::string size = std::to_string(N);
    out += R"(,"minItems":)" + size + R"(,"maxItems":)" + size + "}";
  }
};

template <class T>
struct Codec<std::map<std::string, T>> : detail::MapCodec<std::map<std::string, T>> {};
template <class T>
struct Codec<std::unordered_map<std::string, T>>
    : detail::MapCodec<std::unordered_map<std::string, T>> {};

// A struct is a map: absent optionals are left out, unknown keys are ignored, so that both ends may
// gain fields at different times.
template <detail::HasFields T>
struct Codec<T> {
  static constexpr std::size_t kMaxSchema = 32U << 10;
  static constexpr auto kNames = T::runar_names();
  static constexpr std::size_t kCount = kNames.size();
  static constexpr auto kOrder = detail::canonical_order(kNames);
  using Tie = decltype(std::declval<T&>().runar_tie());
  template <std::size_t I>
  using Field = std::remove_cvref_t<std::tuple_element_t<I, Tie>>;

  static void write(cbor::Writer& writer, const T& value) {
    write_all(writer, value.runar_tie(), std::make_index_sequence<kCount>());
  }
  static bool read(Decoder& from, T& out) {
    if (from.reader().peek() != cbor::Kind::kMap) {
      return from.expected("a map");
    }
    auto fields = out.runar_tie();
    std::array<bool, kCount> seen{};
    std::string scratch;
    cbor::Container map = from.reader().map();
    while (from.reader().more(map)) {
      if (from.reader().peek() != cbor::Kind::kText) {
        return from.expected("a text as key");
      }
      const std::string_view key = from.reader().text(scratch);
      if (!read_field(from, key, fields, seen, std::make_index_sequence<kCount>())) {
        return from.inside(key);
      }
    }
    return from.reader().ok() && complete(from, seen, std::make_index_sequence<kCount>());
  }
  static void schema(std::string& out) {
    if (out.size() > kMaxSchema) {  // a type that contains itself ends here
      out += "true";
      return;
    }
    out += R"({"type":"object","properties":{)";
    properties(out, std::make_index_sequence<kCount>());
    out += "}";
    std::string required;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (!kOptional[i]) {
        required += required.empty() ? "" : ",";
        detail::append_quoted(required, kNames[i]);
      }
    }
    out += required.empty() ? "" : R"(,"required":[)" + required + "]";
    if constexpr (detail::HasOwner<T>) {
      out += R"(,"x-runar-owner":)";
      detail::append_quoted(out, T::runar_owner_name());
    }
    out += "}";
  }

 private:
  template <std::size_t... I>
  static constexpr std::array<bool, kCount> optional_fields(std::index_sequence<I...>) {
    return {(detail::kIsOptional<Field<I>> || detail::kIsPrivate<Field<I>> ||
             detail::may_be_absent<T>(kNames[I]))...};
  }
  static constexpr std::array<bool, kCount> kOptional =
      optional_fields(std::make_index_sequence<kCount>());

  template <class F>
  static bool present(const F& field) {
    if constexpr (detail::kIsOptional<F>) {
      return field.has_value();
    } else if constexpr (detail::kIsPrivate<F>) {
      return !field.absent();
    }
    return true;
  }
  template <class F>
  static void write_field(cbor::Writer& writer, std::string_view name, const F& field) {
    if (present(field)) {
      writer.text(name);
      Codec<F>::write(writer, field);
    }
  }
  template <class Fields, std::size_t... I>
  static void write_all(cbor::Writer& writer, const Fields& fields, std::index_sequence<I...>) {
    writer.map((std::size_t{0} + ... + (present(std::get<I>(fields)) ? 1U : 0U)));
    (write_field(writer, kNames[kOrder[I]], std::get<kOrder[I]>(fields)), ...);
  }

  template <class Fields, std::size_t... I>
  static bool read_field(Decoder& from, std::string_view key, Fields& fields,
                         std::array<bool, kCount>& seen, std::index_sequence<I...>) {
    bool good = true;
    const bool known =
        ((key == kNames[I] && (good = read_once(from, std::get<I>(fields), seen[I]), true)) || ...);
    if (!known) {
      from.reader().skip();
    }
    return good && from.reader().ok();
  }
  template <class F>
  static bool read_once(Decoder& from, F& field, bool& seen) {
    if (seen) {
      return from.fail("stands twice");
    }
    seen = true;
    return from.read(field);
  }
  template <std::size_t... I>
  static bool complete(Decoder& from, const std::array<bool, kCount>& seen,
                       std::index_sequence<I...>) {
    return ((seen[I] || kOptional[I] || missing(from, kNames[I])) && ...);
  }
  static bool missing(Decoder& from, std::string_view name) {
    from.fail("is missing");
    return from.inside(name);
  }
  template <std::size_t... I>
  static void properties(std::string& out, std::index_sequence<I...>) {
    ((out += I == 0 ? "" : ",", detail::append_quoted(out, kNames[I]), out += ":",
      Codec<Field<I>>::schema(out)),
     ...);
  }
};

}  // namespace runar
