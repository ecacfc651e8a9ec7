// What the parameters of a control request say. Nothing here fails for a wrong type: what is not
// what it should be counts as absent, where that is harmless.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "rpc/handler.h"
#include "rpc/payload.h"

namespace runard::admin {

std::string text_of(const boost::json::object& params, std::string_view key);
// A number of nanoseconds; zero when absent or out of range.
core::Duration duration_of(const boost::json::object& params, std::string_view key);
// A whole number; `fallback` when absent, zero (which is no count) when it is not one.
std::uint64_t count_of(const boost::json::object& params, std::string_view key,
                       std::uint64_t fallback);
bool flag_of(const boost::json::object& params, std::string_view key);
// kInvalidArgument: not base64, or an encoding that does not exist; kTooLarge: more than `most`.
core::Result<rpc::Payload> payload_of(const boost::json::object& params, std::uint64_t most);
// The id behind a node's name or id; zero when none is given. kNotFound.
core::Result<core::NodeId> node_of(const boost::json::object& params, std::string_view key,
                                   const registry::Registry& registry);

// "meta": names with texts; empty when it is not there. kTooLarge: a name or all of it is more than
// other nodes take (node/peer_links.cc holds the limits against theirs). Borrows from `params`.
inline constexpr std::size_t kMaxMeta = 32;
inline constexpr std::size_t kMaxMetaKey = 256;
inline constexpr std::size_t kMaxMetaBytes = 12288;
core::Result<std::vector<rpc::Pair>> meta_of(const boost::json::object& params);

}  // namespace runard::admin
