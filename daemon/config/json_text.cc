#include "config/json_text.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace runard::config {
namespace {

namespace json = boost::json;

// Boost.JSON would write 12.5 as 1.25E1.
std::string number_text(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end.ptr};
}

// Writes with line ends and indentation, or with none.
class Writer {
 public:
  explicit Writer(bool is_pretty) : is_pretty_(is_pretty) {}

  void write(const json::value& value, std::size_t level) {
    if (value.is_object() && !value.get_object().empty()) {
      object(value.get_object(), level);
    } else if (value.is_array() && !value.get_array().empty()) {
      array(value.get_array(), level);
    } else if (value.is_double()) {
      out_ += number_text(value.get_double());
    } else {
      out_ += json::serialize(value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void object(const json::object& object, std::size_t level) {
    char separator = '{';
    for (const auto& [key, value] : object) {
      out_ += separator;
      line(level + 1);
      out_ += json::serialize(json::value(key)) + (is_pretty_ ? ": " : ":");
      write(value, level + 1);
      separator = ',';
    }
    line(level);
    out_ += '}';
  }
  void array(const json::array& array, std::size_t level) {
    char separator = '[';
    for (const json::value& value : array) {
      out_ += separator;
      line(level + 1);
      write(value, level + 1);
      separator = ',';
    }
    line(level);
    out_ += ']';
  }
  void line(std::size_t level) {
    if (is_pretty_) {
      out_ += '\n';
      out_.append(2 * level, ' ');
    }
  }

  const bool is_pretty_;
  std::string out_;
};

}  // namespace

std::string compact_json(const json::value& value) {
  Writer writer(false);
  writer.write(value, 0);
  return writer.take();
}

std::string pretty_json(const json::value& value) {
  Writer writer(true);
  writer.write(value, 0);
  return writer.take() + "\n";
}

}  // namespace runard::config
