#include "config/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/suggest.h"

namespace runard::config {
namespace {

void complete_networks(Networks& networks, const Report& report) {
  if (networks.join.empty()) {
    networks.join = {networks.default_name.empty() ? "main" : networks.default_name};
  }
  if (networks.default_name.empty()) {
    networks.default_name = networks.join.front();
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < networks.join.size(); ++i) {
    if (!seen.insert(networks.join[i]).second) {
      report(fmt::format("networks.join[{}]", i),
             {quoted(networks.join[i]) + " is joined already", "keep one of them"});
    }
  }
  if (!seen.contains(networks.default_name)) {
    report("networks.default", {quoted(networks.default_name) + " is not joined",
                                "add it to networks.join, or write " + any_of(networks.join)});
  }
}

void check_plugins(const Config& config, const Report& report) {
  std::map<std::string_view, std::size_t> files;
  for (std::size_t i = 0; i < config.plugins.load.size(); ++i) {
    const Plugin& plugin = config.plugins.load[i];
    const std::string key = fmt::format("plugins.load[{}]", i);
    const auto [first, is_new] = files.emplace(plugin.file, i);
    if (!is_new && !plugin.file.empty()) {
      report(key + ".file",
             {fmt::format("{} is loaded already", quoted(plugin.file)),
              fmt::format("put its services under plugins.load[{}]", first->second)});
    }
    for (std::size_t s = 0; s < plugin.services.size(); ++s) {
      const Service& service = plugin.services[s];
      const std::string at = fmt::format("{}.services[{}]", key, s);
      if (service.backoff.min > service.backoff.max) {
        report(at + ".backoff", {"min is more than max", "write a greater max"});
      }
    }
  }
}

}  // namespace

void complete_and_check(Config& config, const Report& report) {
  complete_networks(config.networks, report);
  if (config.discovery && !config.transport) {
    report("discovery", {"needs transport, which is off", "add `transport: {}`, or write off"});
  }
  if (config.issuer && config.local_only()) {
    report("issuer", {"needs transport, which is off", "add `transport: {}`, or write off"});
  }
  if (config.limits.payload > config.limits.memory / 4) {
    report("limits.payload",
           {"is more than a quarter of limits.memory", "write less, or raise limits.memory"});
  }
  if (config.drain.grace > config.drain.deadline) {
    report("drain.grace", {"is more than drain.deadline", "write less, or raise drain.deadline"});
  }
  check_services(config, report);
  check_authorization(config, report);
  check_plugins(config, report);
}

}  // namespace runard::config
