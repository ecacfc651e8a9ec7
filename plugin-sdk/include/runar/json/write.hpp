// json::write: a Value to JSON text without white space. Numbers are written so that reading them
// back gives the same number; infinities and NaN, which JSON lacks, become null.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include <runar/json/value.hpp>

namespace runar::json {

inline void write_text(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class Number>
void write_number(std::string& out, Number value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

inline void write_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const std::size_t from = out.size();
  write_number<double>(out, value);
  if (out.find_first_of(".e", from) == std::string::npos) {
    out += ".0";  // stays a float when it is read back
  }
}

// Recursive: as deep as the value
inline void write(std::string& out, const Value& value) {
  if (const auto* text = value.if_string()) {
    write_text(out, *text);
  } else if (const auto* integer = value.if_integer()) {
    write_number(out, *integer);
  } else if (const auto* large = value.if_large()) {
    write_number(out, *large);
  } else if (const auto* real = value.if_double()) {
    write_number(out, *real);
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const Value& item : *array) {
      out += &item == array->data() ? "" : ",";
      write(out, item);
    }
    out += ']';
  } else if (const auto* object = value.if_object()) {
    out += '{';
    for (const Value::Member& member : *object) {
      out += &member == object->data() ? "" : ",";
      write_text(out, member.name);
      out += ':';
      write(out, member.value);
    }
    out += '}';
  } else if (const auto* truth = value.if_bool()) {
    out += *truth ? "true" : "false";
  } else {
    out += "null";
  }
}

inline std::string to_text(const Value& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace runar::json
