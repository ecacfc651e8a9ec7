#include "policy/from_config.h"

#include <fmt/format.h>

namespace runard::policy {
namespace {

using core::Errc;

core::Error bad(std::string_view where, std::string_view what) {
  return core::fail(Errc::kConfigInvalid, fmt::format("{}: {}", where, what));
}

core::Result<ActionSet> actions_of(const std::vector<std::string>& texts, const std::string& id) {
  ActionSet set;
  for (const std::string& text : texts) {
    const auto action = parse_action(text);
    if (!action) {
      return bad(id, "names no action");
    }
    set.add(*action);
  }
  return set;
}

core::Result<Rule> rule_of(const config::Rule& given, std::size_t index) {
  Rule rule;
  rule.id = fmt::format("rules[{}]", index);
  const auto allow = actions_of(given.allow, rule.id);
  const auto deny = actions_of(given.deny, rule.id);
  if (!allow || !deny) {
    return allow ? deny.error() : allow.error();
  }
  rule.allow = *allow;
  rule.deny = *deny;
  if (!given.from.node.empty()) {
    rule.node = core::NodeId::parse(given.from.node);
    if (!rule.node) {
      return bad(rule.id, "from.node is not the id of a node");
    }
  }
  rule.group = given.from.group;
  rule.label = given.from.label;
  rule.network = given.network;
  rule.path = given.path;
  return rule;
}

core::Result<Release> release_of(const std::string& label, const config::Release& given) {
  Release release{label, given.networks, false, {}, {}, given.groups};
  for (const std::string& text : given.profiles) {
    if (text == "caller") {
      release.to_caller = true;
      continue;
    }
    const auto id = core::ProfileId::parse(text);
    if (!id) {
      return bad("labels." + label, "names no profile");
    }
    release.profiles.push_back(*id);
  }
  for (const std::string& text : given.nodes) {
    const auto id = core::NodeId::parse(text);
    if (!id) {
      return bad("labels." + label, "names no node");
    }
    release.nodes.push_back(*id);
  }
  return release;
}

}  // namespace

core::Result<std::shared_ptr<const Policy>> from_config(
    const config::Authorization& authorization) {
  Rules rules;
  rules.access = authorization.access == config::Access::kDeny ? Default::kDeny : Default::kMembers;
  for (std::size_t i = 0; i < authorization.rules.size(); ++i) {
    auto rule = rule_of(authorization.rules[i], i);
    if (!rule) {
      return rule.error();
    }
    rules.rules.push_back(std::move(*rule));
  }
  for (const auto& [label, given] : authorization.labels) {
    auto release = release_of(label, given);
    if (!release) {
      return release.error();
    }
    rules.releases.push_back(std::move(*release));
  }
  return Policy::make(std::move(rules));
}

}  // namespace runard::policy
