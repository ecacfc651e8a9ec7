#include "policy/allowance.h"

#include <algorithm>

#include "policy/policy.h"

namespace runard::policy {
namespace {

using routing::TopicPattern;

core::Result<std::vector<TopicPattern>> patterns_of(const std::vector<std::string>& texts) {
  std::vector<TopicPattern> patterns;
  for (const std::string& text : texts) {
    auto pattern = TopicPattern::parse(text, kPatternNetwork);
    if (!pattern) {
      return core::fail(core::Errc::kConfigInvalid, pattern.error().about);
    }
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

}  // namespace

core::Result<std::shared_ptr<const Allowance>> Allowance::of(const config::Plugin& plugin) {
  if (!plugin.allow) {
    return std::shared_ptr<const Allowance>();
  }
  auto call = patterns_of(plugin.allow->call);
  auto publish = patterns_of(plugin.allow->publish);
  auto subscribe = patterns_of(plugin.allow->subscribe);
  if (!call || !publish || !subscribe) {
    return !call ? call.error() : !publish ? publish.error() : subscribe.error();
  }
  auto made = std::make_shared<Allowance>();
  made->networks_ = plugin.allow->networks;
  if (made->networks_.empty()) {
    for (const config::Service& service : plugin.services) {
      made->networks_.push_back(service.network);
    }
  }
  made->call_ = std::move(*call);
  made->publish_ = std::move(*publish);
  made->subscribe_ = std::move(*subscribe);
  return std::shared_ptr<const Allowance>(std::move(made));
}

bool Allowance::in_network(std::string_view network) const {
  return std::find(networks_.begin(), networks_.end(), network) != networks_.end();
}

bool Allowance::may(Action action, routing::TopicView topic) const {
  const Patterns& patterns = action == Action::kPublish ? publish_ : call_;
  return in_network(topic.network) &&
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const TopicPattern& pattern) { return pattern.matches_path(topic.path); });
}

bool Allowance::may_subscribe(std::string_view pattern, std::string_view default_network) const {
  const auto asked = TopicPattern::parse(pattern, default_network);
  if (!asked || !in_network(asked->network())) {
    return false;
  }
  const auto plain = TopicPattern::parse(asked->pattern(), kPatternNetwork);
  return plain &&
         std::any_of(subscribe_.begin(), subscribe_.end(),
                     [&](const TopicPattern& allowed) { return routing::covers(allowed, *plain); });
}

}  // namespace runard::policy
