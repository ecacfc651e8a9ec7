#include "ctl/ask.h"

#include <fmt/format.h>

#include "config/quantity.h"
#include "ctl/advice.h"

namespace runard::ctl {
namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Answer ask(Session& session, std::string_view method, json::object params, core::Duration timeout) {
  const Asked asked{text_of(params, "path") + text_of(params, "topic"),
                    text_of(params, "node") + text_of(params, "target"),
                    params.contains("local") && params.at("local").as_bool()};
  ControlClient client;
  if (const auto connected = client.connect(session.socket); !connected) {
    return {std::nullopt, tell_unreachable(session, connected.error())};
  }
  auto answer = client.ask(method, std::move(params), timeout);
  if (!answer) {
    return {std::nullopt, tell(session, answer.error(), asked)};
  }
  return {std::move(*answer), kExitOk};
}

std::optional<json::object> ask_quietly(const Session& session, std::string_view method,
                                        core::Duration timeout) {
  ControlClient client;
  if (!client.connect(session.socket)) {
    return std::nullopt;
  }
  auto answer = client.ask(method, {}, timeout);
  return answer ? std::optional(std::move(*answer)) : std::nullopt;
}

core::Result<core::Duration> parse_duration_option(std::string_view option,
                                                   const std::string& text) {
  const auto parsed = config::parse_duration(text);
  if (!parsed) {
    return core::fail(core::Errc::kUsage, fmt::format("{}: {}, {}", option, parsed.error().what,
                                                      parsed.error().instead));
  }
  return *parsed;
}

json::array service_rows(const json::object& nodes) {
  json::array rows;
  for (const json::value& node : nodes.at("nodes").as_array()) {
    const json::object& from = node.as_object();
    for (const json::value& service : from.at("services").as_array()) {
      json::object row = service.as_object();
      row["node"] = from.at("node");
      row["node_name"] = from.at("name");
      row["local"] = from.at("local");
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

json::array action_rows(const json::object& nodes) {
  json::array rows;
  for (const json::value& service : service_rows(nodes)) {
    const json::object& from = service.as_object();
    for (const json::value& action : from.at("actions").as_array()) {
      json::object row = action.as_object();
      row["network"] = from.at("network");
      row["service"] = from.at("path");
      row["node"] = from.at("node");
      row["node_name"] = from.at("node_name");
      row["state"] = from.at("state");
      row["local"] = from.at("local");
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace runard::ctl
