// Rows, replies, events and errors as the JSON of the control socket (README.md).
#pragma once

#include <boost/json.hpp>

#include "registry/rows.h"
#include "rpc/broker.h"
#include "rpc/handler.h"

namespace runard::admin {

std::string_view encoding_text(rpc::Encoding encoding);
std::optional<rpc::Encoding> parse_encoding(std::string_view text);
// RFC 3339, UTC, milliseconds; null for the epoch itself, which stands for "never".
boost::json::value time_value(core::WallTime time);

boost::json::object render(const registry::NodeRows& rows, bool local);
boost::json::object render(const registry::NodeRows& node, const registry::ServiceRow& row);
boost::json::object render(const rpc::Delivery& delivery);
boost::json::object render_error(const rpc::Reply& reply);
boost::json::object render_error(const core::Error& error);

}  // namespace runard::admin
