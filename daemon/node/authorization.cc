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

core::Result<std::vector<std::string>> sorted_texts(const json::object& params,
                                                    std::string_view key) {
  std::vector<std::string> texts;
  const json::value* list = params.if_contains(key);
  if (list == nullptr) {
    return texts;
  }
  const auto good = [](const json::value& one) { return one.is_string(); };
  if (!list->is_array() || !std::ranges::all_of(list->get_array(), good)) {
    return fail(Errc::kInvalidArgument, std::string(key) + " is a list of texts");
  }
  for (const json::value& one : list->get_array()) {
    texts.emplace_back(one.get_string());
  }
  std::ranges::sort(texts);
  return texts;
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
  if (!params.contains("groups") && !params.contains("node_labels")) {
    return gate.self().value_or(member);
  }
  auto groups = sorted_texts(params, "groups");
  auto labels = sorted_texts(params, "node_labels");
  if (!groups || !labels) {
    return groups ? labels.error() : groups.error();
  }
  member.groups = std::move(*groups);
  member.labels = std::move(*labels);
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
                      {"groups", json::value_from(subject->groups)},
                      {"node_labels", json::value_from(subject->labels)}};
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
