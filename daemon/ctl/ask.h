// Ask: one question to the daemon, from a command: connects, asks, and tells the user what went
// wrong.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "ctl/control_client.h"
#include "ctl/session.h"

namespace runard::ctl {

inline constexpr core::Duration kAskTimeout = std::chrono::seconds(10);

struct Answer {
  std::optional<boost::json::object> result;  // none: it was told why, `exit` is the exit code
  int exit = kExitOk;
};

Answer ask(Session& session, std::string_view method, boost::json::object params = {},
           core::Duration timeout = kAskTimeout);
// The same without telling: for what is nice to have.
std::optional<boost::json::object> ask_quietly(const Session& session, std::string_view method,
                                               core::Duration timeout = std::chrono::seconds(1));

// "500ms", "5s", "2h". kUsage names the option.
core::Result<core::Duration> parse_duration_option(std::string_view option,
                                                   const std::string& text);

// One row for each service of each node of the answer to "nodes": the service's fields, node,
// node_name and local.
boost::json::array service_rows(const boost::json::object& nodes);
// One row for each action of those: path, network, service, node_name and the action's fields.
boost::json::array action_rows(const boost::json::object& nodes);

// A member that is text; "" when it is not there.
std::string text_of(const boost::json::object& object, std::string_view key);

}  // namespace runard::ctl
