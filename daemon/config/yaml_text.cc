#include "config/yaml_text.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>

#include "config/json_text.h"
#include "config/quantity.h"

namespace runard::config {
namespace {

namespace json = boost::json;

// A duration or a size: "5s", "4MiB".
bool is_quantity(std::string_view text) {
  const bool has_unit = text.find_first_not_of("0123456789") != std::string_view::npos;
  return has_unit && (parse_duration(text).has_value() || parse_size(text).has_value());
}

// What is not clearly one plain word of YAML stands in quotes. JSON's quotes are YAML's.
std::string word(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_plain = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  };
  constexpr std::string_view kTaken[] = {"true", "false", "null"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_taken = std::find(std::begin(kTaken), std::end(kTaken), lower) != std::end(kTaken);
  const bool is_word = !text.empty() && (is_letter(text.front()) || text.front() == '/') &&
                       std::all_of(text.begin(), text.end(), is_plain);
  return (is_word && !is_taken) || is_quantity(text) ? std::string(text)
                                                     : json::serialize(json::value(text));
}

class Writer {
 public:
  void object(const json::object& object, std::size_t level) {
    bool is_first = true;
    for (const auto& [key, value] : object) {
      if (!is_first || !after_dash_) {
        out_.append(2 * level, ' ');
      }
      after_dash_ = false;
      is_first = false;
      out_ += word(key) + ":";
      nested(value, level);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  static bool is_short(const json::value& value) {
    if (const auto* array = value.if_array()) {
      return std::none_of(array->begin(), array->end(),
                          [](const json::value& item) { return item.is_structured(); });
    }
    return !value.is_object() || value.get_object().empty();
  }

  std::string scalar(const json::value& value) const {
    if (const auto* array = value.if_array()) {
      std::string out = "[";
      for (const json::value& item : *array) {
        out.append(out.size() > 1 ? ", " : "").append(scalar(item));
      }
      return out + "]";
    }
    return value.is_string() ? word(value.get_string()) : compact_json(value);
  }

  void nested(const json::value& value, std::size_t level) {
    if (is_short(value)) {
      out_.append(" ").append(scalar(value)).append("\n");
    } else if (value.is_object()) {
      out_ += "\n";
      object(value.get_object(), level + 1);
    } else {
      out_ += "\n";
      array(value.get_array(), level + 1);
    }
  }

  void array(const json::array& array, std::size_t level) {
    for (const json::value& item : array) {
      out_.append(2 * level, ' ');
      out_ += "-";
      if (const auto* inner = item.if_object(); inner != nullptr && !inner->empty()) {
        out_ += " ";
        after_dash_ = true;
        object(*inner, level + 1);
      } else {
        nested(item, level);
      }
    }
  }

  std::string out_;
  bool after_dash_ = false;  // the next key follows "- " in its line
};

}  // namespace

std::string yaml_text(const json::value& value) {
  Writer writer;
  writer.object(value.get_object(), 0);
  return writer.take();
}

}  // namespace runard::config
