#include "ctl/json_text.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cmath>
#include <utility>

#include "ctl/printable.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

void put(std::string& out, const json::value& value);

// A service's text, or a file's name, may be any bytes; JSON is UTF-8.
void put_text(std::string& out, std::string_view text) {
  out += json::serialize(json::string(well_formed(text)));
}

void put_object(std::string& out, const json::object& object) {
  char before = '{';
  for (const auto& [key, value] : object) {
    out += std::exchange(before, ',');
    put_text(out, {key.data(), key.size()});
    out += ':';
    put(out, value);
  }
  out += object.empty() ? "{}" : "}";
}

void put_array(std::string& out, const json::array& array) {
  char before = '[';
  for (const json::value& value : array) {
    out += std::exchange(before, ',');
    put(out, value);
  }
  out += array.empty() ? "[]" : "]";
}

// Recursive: a document of the daemon's or this program's, which the parser has bounded.
void put(std::string& out, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    put_object(out, *object);
  } else if (const json::array* array = value.if_array()) {
    put_array(out, *array);
  } else if (const json::string* text = value.if_string()) {
    put_text(out, {text->data(), text->size()});
  } else if (const double* number = value.if_double()) {
    out += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string json_text(const json::value& value) {
  std::string out;
  put(out, value);
  return out;
}

}  // namespace runard::ctl
