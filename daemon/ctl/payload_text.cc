#include "ctl/payload_text.h"

#include <fmt/format.h>

#include <runar/cbor_json.hpp>

namespace runard::ctl {
namespace {

using core::Errc;

core::Result<core::Bytes> encoded(const runar::json::Value& value, std::string_view encoding) {
  if (encoding == "json") {
    const std::string text = runar::json::to_text(value);
    return core::Bytes(text.begin(), text.end());
  }
  runar::cbor::Writer writer;
  runar::Codec<runar::json::Value>::write(writer, value);
  return core::Bytes(writer.bytes().begin(), writer.bytes().end());
}

core::Result<runar::json::Value> parse(std::string_view text, std::string_view what) {
  runar::json::Value value;
  const std::string problem = runar::json::parse(text, value);
  if (!problem.empty()) {
    return core::fail(Errc::kUsage, fmt::format("{} is not JSON: {}", what, problem));
  }
  return value;
}

core::Result<runar::json::Value> pair_value(std::string_view text, bool is_json,
                                            std::string_view key) {
  if (is_json) {
    return parse(text, key);
  }
  runar::json::Value value;
  const bool scalar = runar::json::parse(text, value).empty() && value.if_array() == nullptr &&
                      value.if_object() == nullptr && value.if_string() == nullptr;
  return scalar ? value : runar::json::Value(std::string(text));
}

core::Result<runar::json::Value> from_pairs(const std::vector<std::string>& pairs) {
  runar::json::Value::Object object;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return core::fail(Errc::kUsage, fmt::format("\"{}\" is not name=value", pair));
    }
    const bool is_json = pair[equals - 1] == ':';
    const std::string key = pair.substr(0, is_json ? equals - 1 : equals);
    auto value = pair_value(std::string_view(pair).substr(equals + 1), is_json, key);
    if (!value) {
      return value.error();
    }
    object.emplace_back(key, std::move(*value));
  }
  return runar::json::Value(std::move(object));
}

std::string hex(core::ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::string quoted(std::string text) {
  return runar::json::to_text(runar::json::Value(std::move(text)));
}

}  // namespace

core::Result<core::Bytes> payload_from(const PayloadText& given, const ReadAll& read_all) {
  if (!given.pairs.empty() && !given.data.empty()) {
    return core::fail(Errc::kUsage, "give either name=value pairs or -d, not both");
  }
  const bool is_value = given.encoding == "cbor" || given.encoding == "json";
  if (!given.pairs.empty() && !is_value) {
    return core::fail(Errc::kUsage,
                      fmt::format("name=value pairs can't be sent as {}: give -d", given.encoding));
  }
  if (!given.pairs.empty()) {
    const auto object = from_pairs(given.pairs);
    return object ? encoded(*object, given.encoding) : core::Result<core::Bytes>(object.error());
  }
  if (given.data.empty()) {
    return core::Bytes{};
  }
  std::string text = given.data;
  if (text == "-" || text[0] == '@') {
    auto read = read_all(text == "-" || text == "@-" ? "-" : text.substr(1));
    if (!read) {
      return read.error();
    }
    text = std::move(*read);
  }
  if (!is_value) {
    return core::Bytes(text.begin(), text.end());
  }
  const auto value = parse(text, "what -d gives");
  return value ? encoded(*value, given.encoding) : core::Result<core::Bytes>(value.error());
}

std::string payload_to_text(core::ByteView bytes, std::string_view encoding, bool json) {
  if (bytes.empty()) {
    return json ? "null" : "";
  }
  if (encoding == "cbor") {
    std::string text;
    const std::string problem = runar::cbor_to_json(bytes, text);
    return problem.empty() ? text : quoted(fmt::format("not CBOR ({}): {}", problem, hex(bytes)));
  }
  if (encoding == "json") {
    return std::string(core::as_text(bytes));
  }
  if (encoding == "text") {
    return json ? quoted(std::string(core::as_text(bytes))) : std::string(core::as_text(bytes));
  }
  return json ? quoted(hex(bytes)) : hex(bytes);
}

}  // namespace runard::ctl
