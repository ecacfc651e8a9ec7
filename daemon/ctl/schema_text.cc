#include "ctl/schema_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace runard::ctl {
namespace {

namespace json = boost::json;

constexpr int kDeepest = 6;  // what lies deeper is shown as "..."

std::string text(const json::value& schema, int depth);

std::string joined(const json::array& parts, std::string_view between, int depth,
                   std::string (*one)(const json::value&, int)) {
  std::string all;
  for (const json::value& part : parts) {
    all += (all.empty() ? "" : std::string(between)) + one(part, depth);
  }
  return all;
}

bool is_required(const json::object& schema, std::string_view name) {
  const json::value* required = schema.if_contains("required");
  return required != nullptr && required->is_array() &&
         std::ranges::any_of(required->get_array(), [&](const json::value& value) {
           return value.is_string() && std::string_view(value.get_string()) == name;
         });
}

std::string members(const json::object& schema, int depth) {
  std::string all;
  const json::value* properties = schema.if_contains("properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, value] : properties->get_object()) {
      all += fmt::format("{}{}{}: {}", all.empty() ? "" : ", ", std::string_view(name),
                         is_required(schema, name) ? "" : "?", text(value, depth));
    }
  }
  const json::value* others = schema.if_contains("additionalProperties");
  if (others != nullptr && others->is_object()) {
    all += fmt::format("{}NAME: {}", all.empty() ? "" : ", ", text(*others, depth));
  }
  return "{" + all + "}";
}

std::string text(const json::value& schema, int depth) {
  const json::object* object = schema.if_object();
  if (object == nullptr || depth == kDeepest) {
    return depth == kDeepest ? "..." : "anything";
  }
  const auto array = [&](std::string_view key) {
    const json::value* value = object->if_contains({key.data(), key.size()});
    return value == nullptr ? nullptr : value->if_array();
  };
  if (const json::array* choices = array("anyOf")) {
    return joined(*choices, " | ", depth + 1, text);
  }
  if (const json::array* values = array("enum")) {
    return joined(*values, " | ", depth, [](const json::value& value, int) {
      return std::string(json::serialize(value));
    });
  }
  const json::value* type = object->if_contains("type");
  const std::string name =
      type != nullptr && type->is_string() ? std::string(type->get_string()) : "anything";
  if (name == "object") {
    return members(*object, depth + 1);
  }
  const json::value* items = object->if_contains("items");
  return name == "array" && items != nullptr ? "[" + text(*items, depth + 1) + "]" : name;
}

}  // namespace

std::string schema_text(std::string_view schema) {
  boost::system::error_code error;
  const json::value value = json::parse({schema.data(), schema.size()}, error);
  return error || !value.is_object() ? std::string() : text(value, 0);
}

}  // namespace runard::ctl
