#include "node/config_reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "config/show.h"

namespace runard::node {
namespace {

namespace json = boost::json;

using Place = std::pair<const config::Plugin*, const config::Service*>;

std::map<std::string, Place> services_of(const config::Config& config) {
  std::map<std::string, Place> services;
  for (const config::Plugin& plugin : config.plugins.load) {
    for (const config::Service& service : plugin.services) {
      services[service.network + ":" + service.path] = {&plugin, &service};
    }
  }
  return services;
}

config::Config without_settings(config::Config config) {
  for (config::Plugin& plugin : config.plugins.load) {
    for (config::Service& service : plugin.services) {
      service.config = {};
    }
  }
  return config;
}

// The keys below `key` that are not the same in both; a list of another length as a whole.
void compare(const std::string& key, const json::value& a, const json::value& b,
             std::vector<std::string>& differ) {
  if (a.is_object() && b.is_object()) {
    std::set<std::string> names;
    for (const json::value* side : {&a, &b}) {
      for (const auto& [name, value] : side->get_object()) {
        names.emplace(name);
      }
    }
    for (const std::string& name : names) {
      const json::value* ours = a.get_object().if_contains(name);
      const json::value* theirs = b.get_object().if_contains(name);
      compare(key.empty() ? name : fmt::format("{}.{}", key, name),
              ours == nullptr ? json::value() : *ours, theirs == nullptr ? json::value() : *theirs,
              differ);
    }
  } else if (a.is_array() && b.is_array() && a.get_array().size() == b.get_array().size()) {
    for (std::size_t i = 0; i < a.get_array().size(); ++i) {
      compare(fmt::format("{}[{}]", key, i), a.get_array()[i], b.get_array()[i], differ);
    }
  } else if (a != b) {
    differ.push_back(key);
  }
}

core::Error takes_a_restart(std::vector<std::string> keys) {
  constexpr std::size_t kMostKeys = 8;
  const std::size_t more = keys.size() - std::min(keys.size(), kMostKeys);
  keys.resize(keys.size() - more);
  return core::fail(
      core::Errc::kConfigInvalid,
      fmt::format("{}{}: changed in the file, which takes a restart; "
                  "the rest of the file is in force",
                  fmt::join(keys, ", "), more > 0 ? fmt::format(" and {} more", more) : ""),
      core::Executed::kYes);
}

void put_settings(config::Config& config, const std::string& name,
                  const config::ServiceConfig& settings) {
  for (config::Plugin& plugin : config.plugins.load) {
    for (config::Service& service : plugin.services) {
      if (service.network + ":" + service.path == name) {
        service.config = settings;
      }
    }
  }
}

bool same_but_settings(const Place& a, const Place& b) {
  config::Service first = *a.second;
  config::Service second = *b.second;
  first.config = second.config = {};
  return a.first->file == b.first->file && first == second;
}

}  // namespace

std::map<std::string, std::string> common_settings(const config::Config& running,
                                                   const config::Config& wanted) {
  std::map<std::string, std::string> settings;
  const auto known = services_of(running);
  for (const auto& [name, place] : services_of(wanted)) {
    const auto before = known.find(name);
    if (before != known.end() && same_but_settings(before->second, place)) {
      settings[name] = place.second->config.json;
    }
  }
  return settings;
}

std::vector<std::string> keys_that_differ(const config::Config& running,
                                          const config::Config& wanted) {
  const auto shown = [](const config::Config& config) {
    return json::parse(config::show(without_settings(config), config::ShowAs::kJson));
  };
  std::vector<std::string> keys;
  compare("", shown(running), shown(wanted), keys);
  return keys;
}

struct ConfigReload::Round {
  config::Config& running;
  plugin_host::Host& host;
  Done done;
  std::size_t waiting = 1;               // services, and the round itself
  std::optional<core::Error> failure{};  // the first
};

void ConfigReload::begin(config::Config& running, plugin_host::Host& host, Done done) {
  if (busy_) {  // one more reads the file late enough for all that wait
    if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(done));
    } else {
      done(core::fail(core::Errc::kOverloaded, "reloads are waiting for the one that runs"));
    }
    return;
  }
  busy_ = true;
  const auto round = std::make_shared<Round>(Round{running, host, std::move(done)});
  elsewhere_([this, round] {
    config::Loaded loaded = load_();
    control_.post(
        [this, round, loaded = std::move(loaded)]() mutable { read(round, std::move(loaded)); });
  });
}

void ConfigReload::read(const std::shared_ptr<Round>& round, config::Loaded loaded) {
  if (const auto taken = take(*round, loaded); taken) {
    reconfigure(round, *loaded.config);
  } else {
    round->failure = taken.error();
    log_.error("reload failed, everything stays as it was",
               {core::field("why", core::describe(*round->failure))});
  }
  end(round);
}

core::Result<void> ConfigReload::take(Round& round, config::Loaded& loaded) {
  if (!loaded.config) {
    for (const config::Problem& problem : loaded.problems) {
      log_.error("the configuration has a mistake", {core::field("problem", problem.text())});
    }
    return core::fail(loaded.problems.front().code, loaded.problems.front().text());
  }
  if (loaded.config->node.name.empty()) {
    loaded.config->node.name = round.running.node.name;
  }
  return take_(*loaded.config);
}

void ConfigReload::reconfigure(const std::shared_ptr<Round>& round, const config::Config& wanted) {
  if (auto keys = keys_that_differ(round->running, wanted); !keys.empty()) {
    round->failure = takes_a_restart(std::move(keys));
    log_.warn("more has changed than what a reload takes: that takes a restart",
              {core::field("why", round->failure->about)});
  }
  const auto places = services_of(wanted);
  for (const auto& [name, settings] : common_settings(round->running, wanted)) {
    ++round->waiting;
    round->host.reconfigure(
        name, settings,
        [this, round, name, taken = places.at(name).second->config](core::Result<void> result) {
          if (result) {
            put_settings(round->running, name, taken);
          }
          settled(round, name, result);
        });
  }
}

void ConfigReload::settled(const std::shared_ptr<Round>& round, const std::string& service,
                           const core::Result<void>& result) {
  if (!result) {
    if (!round->failure) {
      round->failure = core::fail(result.error().code,
                                  service + " keeps its old settings: " + result.error().about,
                                  core::Executed::kYes);  // the rest
    }
    log_.error(
        "a service keeps its old settings",
        {core::field("service", service), core::field("why", core::describe(result.error()))});
  }
  end(round);
}

void ConfigReload::end(const std::shared_ptr<Round>& round) {
  if (--round->waiting > 0) {
    return;
  }
  busy_ = false;
  round->done(round->failure ? core::Result<void>(*round->failure) : core::Result<void>());
  if (!waiting_.empty()) {
    begin(round->running, round->host,
          [waiting = std::exchange(waiting_, {})](const core::Result<void>& result) mutable {
            for (Done& done : waiting) {
              done(result);
            }
          });
  }
}

}  // namespace runard::node
