#include "node/authorization.h"

#include <algorithm>

#include "routing/topic_path.h"

namespace runard::node {
namespace json = boost::json;

namespace {

using core::Errc;
using core::fail;

std::string text_of(const json::object& params, std::string_view key) {
  const json::value* value = params.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

core::Result<policy::Subject> subject_of(const policy::Gate& gate,
                                         const registry::Registry& registry,
                                         const json::object& params) {
  const std::string node = text_of(params, "node");
  if (!node.empty()) {
    const auto id = registry.find_node(node);
    const auto known = id ? gate.subject(*id) : std::nullopt;
    return known ? core::Result<policy::Subject>(*known)
                 : fail(Errc::kNotFound, "no node \"" + node + "\" is linked");
  }
  policy::Subject member{{}, {}, registry.networks()};
  const json::value* groups = params.if_contains("groups");
  if (groups == nullptr) {
    return gate.self().value_or(member);
  }
  if (!groups->is_array()) {
    return fail(Errc::kInvalidArgument, "groups is a list of names");
  }
  for (const json::value& group : groups->get_array()) {
    if (!group.is_string()) {
      return fail(Errc::kInvalidArgument, "groups is a list of names");
    }
    member.groups.emplace_back(group.get_string());
  }
  std::ranges::sort(member.groups);
  return member;
}

}  // namespace

core::Result<json::object> can_i(const policy::Gate& gate, const registry::Registry& registry,
                                 const json::object& params) {
  const auto action = policy::parse_action(text_of(params, "action"));
  if (!action) {
    return fail(Errc::kInvalidArgument,
                "\"" + text_of(params, "action") +
                    "\" is no action: write call, publish, subscribe, register, "
                    "keys.read or admin");
  }
  const std::string network = text_of(params, "network");
  const auto path = routing::TopicPath::parse(
      text_of(params, "path"), network.empty() ? registry.networks().front() : network);
  if (!path) {
    return path.error();
  }
  const auto subject = subject_of(gate, registry, params);
  if (!subject) {
    return subject.error();
  }
  const policy::Gate::Explained explained = gate.explain(*subject, *action, *path);
  return json::object{{"allowed", explained.allowed},
                      {"rule", explained.rule},
                      {"action", json::string(policy::action_text(*action))},
                      {"network", json::string(path->network())},
                      {"path", json::string(path->path())},
                      {"node", subject->node.is_zero() ? std::string() : subject->node.text()},
                      {"groups", json::value_from(subject->groups)}};
}

json::object authorization_status(const policy::Stats& stats, const config::Config& config) {
  json::object denied;
  for (const policy::Action action : policy::all_actions()) {
    denied[policy::action_text(action)] = stats.denied[static_cast<std::size_t>(action)];
  }
  return {{"default", config.authorization.access == config::Access::kDeny ? "deny" : "members"},
          {"rules", stats.rules},
          {"generation", stats.generation},
          {"denied", std::move(denied)},
          {"denied_here", stats.denied_here}};
}

}  // namespace runard::node
