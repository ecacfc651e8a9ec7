#include "config/service_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

#include "config/json_text.h"

namespace runard::config {
namespace {

namespace json = boost::json;
using Kind = Tree::Kind;

constexpr std::string_view kCut = "<secret>";

bool is_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_number_start(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const std::string_view digits = text.starts_with('.') ? text.substr(1) : text;
  return !digits.empty() && digits[0] >= '0' && digits[0] <= '9';
}

bool is_whole(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

using JsonOr = boost::system::result<json::value, Complaint>;

JsonOr to_whole(std::string_view shown, std::string_view digits, int base, bool is_negative) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (read.ec != std::errc() || (is_negative && number > std::uint64_t{1} << 63)) {
    return Complaint{fmt::format("{} does not fit into 64 bits", shown), "put it in quotes"};
  }
  if (is_negative) {
    return json::value(static_cast<std::int64_t>(0 - number));
  }
  return json::value(number);
}

// A plain value that looks like a number; a string if it is none after all ("1.2.3").
JsonOr to_number(const Scalar& scalar) {
  std::string_view text = scalar.text;
  for (const auto& [prefix, base, digits] :
       {std::tuple{"0x", 16, "0123456789abcdefABCDEF"}, std::tuple{"0o", 8, "01234567"}}) {
    if (text.starts_with(prefix) && text.size() > 2 &&
        text.find_first_not_of(digits, 2) == std::string_view::npos) {
      return to_whole(scalar.shown, text.substr(2), base, false);
    }
  }
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (is_whole(text)) {
    return to_whole(scalar.shown, text, 10, is_negative);
  }
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ptr != text.data() + text.size()) {
    return json::value(scalar.text);
  }
  if (read.ec != std::errc() || !std::isfinite(number)) {
    return Complaint{fmt::format("{} is no number that JSON can hold", scalar.shown),
                     "put it in quotes"};
  }
  return json::value(is_negative ? -number : number);
}

JsonOr to_value(const Scalar& scalar) {
  const std::string& text = scalar.text;
  if (scalar.is_quoted) {
    return json::value(text);
  }
  if (scalar.is_null()) {
    return json::value(nullptr);
  }
  if (is_any(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) {
    return json::value(text[0] == 't' || text[0] == 'T');
  }
  if (is_number_start(text)) {
    return to_number(scalar);
  }
  std::string_view unsigned_text = text;
  if (text[0] == '-' || text[0] == '+') {
    unsigned_text.remove_prefix(1);
  }
  if (is_any(unsigned_text, {".inf", ".Inf", ".INF"}) || is_any(text, {".nan", ".NaN", ".NAN"})) {
    return Complaint{fmt::format("{} is no number that JSON can hold", scalar.shown),
                     "put it in quotes"};
  }
  return json::value(text);
}

// A key whose value is a secret even when it stands in the file.
bool is_secret_key(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"password", "passphrase", "passwd", "secret", "token",
                                      "credential", "api_key", "apikey", "private_key"}) {
    if (key.find(word) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// What the service gets, and what people see of it.
struct Both {
  json::value real;
  json::value shown;
};

class Converter {
 public:
  Converter(Substitution& substitution, const ReportConfig& report)
      : substitution_(substitution), report_(report) {}

  Both convert(const Tree& tree, const std::string& at, bool is_secret) {
    switch (tree.kind) {
      case Kind::kMapping:
        return mapping(tree, at, is_secret);
      case Kind::kList:
        return list(tree, at, is_secret);
      case Kind::kScalar:
        return scalar(tree, at, is_secret);
    }
    return {};
  }

 private:
  Both mapping(const Tree& tree, const std::string& at, bool is_secret) {
    std::map<std::string_view, const Entry*> sorted;
    for (const Entry& entry : tree.entries) {
      sorted.emplace(entry.key, &entry);
    }
    json::object real;
    json::object shown;
    for (const auto& [key, entry] : sorted) {
      Both value =
          convert(*entry->value, at + "." + entry->key, is_secret || is_secret_key(entry->key));
      real.insert_or_assign(key, std::move(value.real));
      shown.insert_or_assign(key, std::move(value.shown));
    }
    return {std::move(real), std::move(shown)};
  }

  Both list(const Tree& tree, const std::string& at, bool is_secret) {
    json::array real;
    json::array shown;
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      Both value = convert(*tree.items[i], fmt::format("{}[{}]", at, i), is_secret);
      real.push_back(std::move(value.real));
      shown.push_back(std::move(value.shown));
    }
    return {std::move(real), std::move(shown)};
  }

  Both scalar(const Tree& tree, const std::string& at, bool is_secret) {
    const auto resolved = substitution_.resolve(tree, true);
    if (!resolved) {
      report_(at, tree.mark, resolved.error());
      return {};
    }
    auto value = to_value(*resolved);
    if (!value) {
      report_(at, tree.mark, value.error());
      return {};
    }
    const bool is_cut = (is_secret || resolved->is_secret) && !value->is_null();
    return {*value, is_cut ? json::value(kCut) : *value};
  }

  Substitution& substitution_;
  const ReportConfig& report_;
};

}  // namespace

ServiceConfig to_service_config(const Tree& tree, Substitution& substitution,
                                const ReportConfig& report) {
  const Both both = Converter(substitution, report).convert(tree, "", false);
  return {compact_json(both.real), compact_json(both.shown)};
}

}  // namespace runard::config
