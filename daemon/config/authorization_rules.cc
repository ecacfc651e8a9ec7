// The rules about rules of authorization, and about what plugins may do.
#include <fmt/format.h>

#include <algorithm>

#include "config/rules.h"
#include "config/suggest.h"
#include "routing/grammar.h"
#include "routing/topic_pattern.h"

namespace runard::config {
namespace {

class Checker {
 public:
  Checker(const Config& config, const Report& report) : config_(config), report_(report) {}

  void check() const {
    const auto& rules = config_.authorization.rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      check_rule(rules[i], fmt::format("authorization.rules[{}]", i));
    }
    for (const auto& [label, release] : config_.authorization.labels) {
      check_networks(release.networks, fmt::format("authorization.labels.{}.networks", label));
    }
    for (std::size_t i = 0; i < config_.plugins.load.size(); ++i) {
      if (config_.plugins.load[i].allow) {
        check_plugin(config_.plugins.load[i], fmt::format("plugins.load[{}]", i));
      }
    }
  }

 private:
  void check_rule(const Rule& rule, const std::string& key) const {
    if (rule.allow.empty() && rule.deny.empty()) {
      report_(key, {"says nothing", "write allow: [call], or deny: [call]"});
    }
    for (const std::string& verb : rule.allow) {
      if (std::find(rule.deny.begin(), rule.deny.end(), verb) != rule.deny.end()) {
        report_(key + ".allow", {fmt::format("{} is denied here too", quoted(verb)),
                                 "keep one of them: the deny would win"});
      }
    }
    const Caller& from = rule.from;
    const bool named[] = {!from.node.empty(), !from.group.empty(), !from.label.empty()};
    if (std::count(std::begin(named), std::end(named), true) > 1) {
      report_(key + ".from",
              {"names more than one of node, group and label", "make a rule of each"});
    }
    if (!rule.network.empty()) {
      check_network(rule.network, key + ".network");
    }
  }

  // What a plugin serves is decided by the mounts of this file, and by nothing the plugin does.
  void check_plugin(const Plugin& plugin, const std::string& key) const {
    const Allow& allow = *plugin.allow;
    check_networks(allow.networks, key + ".allow.networks");
    for (std::size_t s = 0; s < plugin.services.size(); ++s) {
      const Service& service = plugin.services[s];
      const std::string at = fmt::format("{}.services[{}]", key, s);
      if (!allow.serve.empty() && !any_matches(allow.serve, service.path)) {
        report_(at + ".path", {fmt::format("{} is not in allow.serve", quoted(service.path)),
                               "add it there, or mount the service elsewhere"});
      }
      const auto& networks = allow.networks;
      if (!networks.empty() &&
          std::find(networks.begin(), networks.end(), service.network) == networks.end()) {
        report_(at + ".network",
                {fmt::format("{} is not in allow.networks", quoted(service.network)),
                 "add it there, or write " + any_of(networks)});
      }
    }
  }

  static bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& text) {
      const auto pattern = routing::TopicPattern::parse(text, "main");
      return pattern && pattern->matches_path(path);
    });
  }

  void check_networks(const std::vector<std::string>& networks, const std::string& key) const {
    for (std::size_t i = 0; i < networks.size(); ++i) {
      check_network(networks[i], fmt::format("{}[{}]", key, i));
    }
  }

  void check_network(const std::string& network, const std::string& key) const {
    if (!routing::is_name(network)) {
      return;  // the reader has said so
    }
    const auto& join = config_.networks.join;
    if (std::find(join.begin(), join.end(), network) == join.end()) {
      report_(key, {fmt::format("the network {} is not joined", quoted(network)),
                    "add it to networks.join, or write " + any_of(join)});
    }
  }

  const Config& config_;
  const Report& report_;
};

}  // namespace

void check_authorization(const Config& config, const Report& report) {
  Checker(config, report).check();
}

}  // namespace runard::config
