// The methods of ControlServer about private fields: labels, who_can; and the profiles that
// a call or event names.
#include <fmt/format.h>

#include "admin/control_server.h"
#include "admin/params.h"

namespace runard::admin {
namespace json = boost::json;
using core::Errc;

void ControlServer::labels(const SessionPtr& session, std::uint64_t id, const Params&) {
  json::array labels = sources_.labels ? sources_.labels() : json::array{};
  session->send({{"id", id}, {"result", {{"labels", std::move(labels)}}}});
}

void ControlServer::who_can(const SessionPtr& session, std::uint64_t id, const Params& params) {
  const std::string network = text_of(params, "network");
  const auto found =
      sources_.who_can
          ? sources_.who_can(text_of(params, "label"),
                             network.empty() ? registry_.networks().front() : network)
          : core::Result<json::object>(core::fail(Errc::kNotFound, "this node has no labels"));
  if (!found) {
    session->send_error(id, found.error());
    return;
  }
  session->send({{"id", id}, {"result", *found}});
}

core::Result<void> ControlServer::add_type(routing::TopicView path, rpc::Payload& payload) const {
  const std::string schema = payload.bytes.empty() ? "" : registry_.private_input(path);
  if (schema.empty() || !sources_.type_of) {
    return {};
  }
  const auto type = sources_.type_of(schema);
  if (!type) {
    return type.error();
  }
  payload.type = *type;
  return {};
}

core::Result<core::ProfileId> ControlServer::find_profile(const std::string& name) const {
  if (!sources_.find_profile) {
    return core::fail(Errc::kNotFound, "no profile \"" + name + "\" is known here",
                      core::Executed::kNo);
  }
  return sources_.find_profile(name);
}

core::Result<core::ProfileId> ControlServer::profile_of(const Params& params,
                                                        std::string_view key) const {
  const std::string name = text_of(params, key);
  return name.empty() ? core::ProfileId{} : find_profile(name);
}

core::Result<std::vector<core::ProfileId>> ControlServer::recipients_of(
    const Params& params) const {
  const json::value* const given = params.if_contains("recipients");
  if (given == nullptr) {
    return std::vector<core::ProfileId>{};
  }
  if (!given->is_array() || given->get_array().size() > rpc::kMaxRecipients) {
    return core::fail(Errc::kInvalidArgument,
                      fmt::format("\"recipients\" are at most {} profiles", rpc::kMaxRecipients),
                      core::Executed::kNo);
  }
  std::vector<core::ProfileId> profiles;
  for (const json::value& name : given->get_array()) {
    const auto profile = find_profile(name.is_string() ? std::string(name.get_string()) : "");
    if (!profile) {
      return profile.error();
    }
    profiles.push_back(*profile);
  }
  return profiles;
}

}  // namespace runard::admin
