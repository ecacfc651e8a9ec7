#include "admin/params.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/base64.h"
#include "admin/render.h"

namespace runard::admin {
namespace json = boost::json;
using core::Errc;

std::string text_of(const json::object& params, std::string_view key) {
  const json::value* value = params.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string()
             ? std::string(value->get_string().data(), value->get_string().size())
             : std::string();
}

// A number of nanoseconds; zero when absent or out of range.
core::Duration duration_of(const json::object& params, std::string_view key) {
  const json::value* value = params.if_contains({key.data(), key.size()});
  boost::system::error_code error;
  const auto count = value == nullptr ? 0 : value->to_number<std::int64_t>(error);
  constexpr std::int64_t kMax = std::chrono::nanoseconds(std::chrono::hours(24 * 365)).count();
  return core::Duration(error || count < 0 ? 0 : std::min(count, kMax));
}

// A whole number; `fallback` when absent, zero (which is no count) when it is not one.
std::uint64_t count_of(const json::object& params, std::string_view key, std::uint64_t fallback) {
  const json::value* value = params.if_contains({key.data(), key.size()});
  boost::system::error_code error;
  const auto count = value == nullptr ? fallback : value->to_number<std::uint64_t>(error);
  return error ? 0 : count;
}

bool flag_of(const json::object& params, std::string_view key) {
  const json::value* value = params.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_bool() && value->get_bool();
}

core::Result<rpc::Payload> payload_of(const json::object& params, std::uint64_t most) {
  const auto bytes = from_base64(text_of(params, "payload"));
  const std::string name = text_of(params, "encoding");
  const auto encoding = parse_encoding(name.empty() ? "raw" : name);
  if (!bytes || !encoding) {
    return core::fail(Errc::kInvalidArgument, !bytes
                                                  ? "\"payload\" is not base64"
                                                  : "\"encoding\" is one of raw, cbor, json, text");
  }
  if (bytes->size() > most) {
    return core::fail(
        Errc::kTooLarge,
        fmt::format("a payload of {} bytes; limits.payload is {}", bytes->size(), most),
        core::Executed::kNo);
  }
  return rpc::Payload::own(core::Buffer::copy(*bytes), *encoding);
}

core::Result<core::NodeId> node_of(const json::object& params, std::string_view key,
                                   const registry::Registry& registry) {
  const std::string name = text_of(params, key);
  if (name.empty()) {
    return core::NodeId{};
  }
  if (const auto node = registry.find_node(name)) {
    return *node;
  }
  return core::fail(Errc::kNotFound, "no node \"" + name + "\" is known here", core::Executed::kNo);
}

core::Result<std::vector<rpc::Pair>> meta_of(const json::object& params) {
  std::vector<rpc::Pair> meta;
  const json::value* given = params.if_contains("meta");
  if (given == nullptr) {
    return meta;
  }
  if (!given->is_object() || given->get_object().size() > kMaxMeta) {
    return core::fail(Errc::kInvalidArgument,
                      "\"meta\" is at most " + std::to_string(kMaxMeta) + " names with texts",
                      core::Executed::kNo);
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : given->get_object()) {
    if (!value.is_string()) {
      return core::fail(Errc::kInvalidArgument, "\"meta\": what a name has is a text",
                        core::Executed::kNo);
    }
    bytes += key.size() + value.get_string().size();
    if (key.size() > kMaxMetaKey || bytes > kMaxMetaBytes) {
      return core::fail(Errc::kTooLarge,
                        fmt::format("\"meta\": a name is at most {} bytes, and all of it {}",
                                    kMaxMetaKey, kMaxMetaBytes),
                        core::Executed::kNo);
    }
    meta.push_back(
        {{key.data(), key.size()}, {value.get_string().data(), value.get_string().size()}});
  }
  return meta;
}

}  // namespace runard::admin
