// Config: the `config:` part of a service's YAML, read with types.
//
//   const auto digits = lc.config().get<int>("precision", 12);
//   const auto url = lc.config().require<std::string>("database.url");
// A value of the wrong type throws Error(RUNAR_E_INVALID) that says where and what: inside init
// that fails the service with "config.precision: expected an integer, found a text".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <runar/payload.hpp>

namespace runar {

class Config {
 public:
  Config() = default;
  // Throws Error(RUNAR_E_INVALID) when the text is not a JSON object.
  static Config parse(std::string_view json_text) {
    Config made;
    const std::string problem = json::parse(json_text, made.value_);
    if (!problem.empty() || made.value_.if_object() == nullptr) {
      throw Error(RUNAR_E_INVALID, problem.empty() ? "config: expected a map" : problem);
    }
    return made;
  }

  // Names may lead through sections with dots. Absent and null are the same.
  template <class T>
  std::optional<T> find(std::string_view name) const {
    const json::Value* value = lookup(name);
    return value == nullptr ? std::nullopt : std::optional<T>(read<T>(*value, name));
  }
  template <class T>
  T get(std::string_view name, T otherwise) const {
    const json::Value* value = lookup(name);
    return value == nullptr ? std::move(otherwise) : read<T>(*value, name);
  }
  template <class T>
  T require(std::string_view name) const {
    const json::Value* value = lookup(name);
    if (value == nullptr) {
      throw Error(RUNAR_E_INVALID, place(name) + ": is missing");
    }
    return read<T>(*value, name);
  }
  bool has(std::string_view name) const { return lookup(name) != nullptr; }
  // All of it, into a struct with RUNAR_FIELDS.
  template <class T>
  T as() const {
    return read<T>(value_, {});
  }
  const json::Value& value() const { return value_; }

 private:
  const json::Value* lookup(std::string_view name) const {
    const json::Value* at = &value_;
    while (at != nullptr) {
      const std::size_t dot = name.find('.');
      at = at->find(name.substr(0, dot));
      if (dot == std::string_view::npos) {
        break;
      }
      name.remove_prefix(dot + 1);
    }
    return at == nullptr || at->is_null() ? nullptr : at;
  }
  static std::string place(std::string_view name) {
    return name.empty() ? "config" : "config." + std::string(name);
  }
  template <class T>
  static T read(const json::Value& value, std::string_view name) {
    cbor::Writer writer;
    Codec<json::Value>::write(writer, value);
    Decoder from(writer.bytes());
    T out{};
    if (!from.read(out)) {
      const std::string why = from.message();
      const bool deeper = from.has_path();
      throw Error(RUNAR_E_INVALID,
                  place(name) + (deeper ? (why.front() == '[' ? "" : ".") : ": ") + why);
    }
    return out;
  }

  json::Value value_ = json::Value::Object{};
};

}  // namespace runar
