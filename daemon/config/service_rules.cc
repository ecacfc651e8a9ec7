// The rules about services: where they are mounted and what they wait for.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "config/rules.h"
#include "config/suggest.h"
#include "config/topic_text.h"

namespace runard::config {
namespace {

struct Mounted {
  Service* service = nullptr;
  std::string key;                 // "plugins.load[0].services[1]"
  std::string name;                // "main:math"
  std::vector<std::size_t> after;  // indices of Mounted
};

class Services {
 public:
  Services(Config& config, const Report& report) : config_(config), report_(report) {}

  void check() {
    collect();
    for (std::size_t i = 0; i < all_.size(); ++i) {
      resolve(i);
    }
    report_cycles();
  }

 private:
  void collect() {
    for (std::size_t p = 0; p < config_.plugins.load.size(); ++p) {
      std::vector<Service>& services = config_.plugins.load[p].services;
      for (std::size_t s = 0; s < services.size(); ++s) {
        add(services[s], fmt::format("plugins.load[{}].services[{}]", p, s));
      }
    }
  }

  void add(Service& service, std::string key) {
    const auto& join = config_.networks.join;
    if (service.network.empty()) {
      service.network = config_.networks.default_name;
    } else if (std::find(join.begin(), join.end(), service.network) == join.end()) {
      report_(key + ".network",
              {fmt::format("the network {} is not joined", quoted(service.network)),
               "add it to networks.join, or write " + any_of(join)});
    }
    auto mount = parse_mount(service.path);
    if (!mount) {
      return;  // the reader has said so
    }
    service.path = std::move(*mount);
    std::string name = service.network + ":" + service.path;
    const auto [first, is_new] = by_name_.emplace(name, all_.size());
    if (!is_new) {
      report_(key + ".path",
              {fmt::format("{} is mounted already, by {}", quoted(name), all_[first->second].key),
               "choose another path or network"});
      return;
    }
    all_.push_back({&service, std::move(key), std::move(name), {}});
  }

  // `after` as names of services that exist.
  void resolve(std::size_t index) {
    Mounted& waiting = all_[index];
    std::vector<std::string>& after = waiting.service->after;
    for (std::size_t i = 0; i < after.size(); ++i) {
      auto ref = parse_service_ref(after[i], waiting.service->network);
      if (!ref) {
        continue;
      }
      after[i] = std::move(*ref);
      const auto found = by_name_.find(after[i]);
      if (found != by_name_.end()) {
        waiting.after.push_back(found->second);
        continue;
      }
      std::vector<std::string> names;
      for (const auto& [name, unused] : by_name_) {
        names.push_back(name);
      }
      const auto meant = nearest(after[i], names);
      report_(fmt::format("{}.after[{}]", waiting.key, i),
              {fmt::format("no service {} is loaded here", quoted(after[i])),
               meant ? fmt::format("did you mean {}?", *meant) : "add it under plugins.load"});
    }
  }

  // Takes away what waits for nothing until only cycles, and what waits for them, are left.
  void report_cycles() {
    std::vector<bool> done(all_.size(), false);
    settle(done);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (!done[i]) {
        break_cycle(i, done);
        settle(done);
      }
    }
  }

  void settle(std::vector<bool>& done) const {
    std::vector<std::size_t> waits(all_.size(), 0);
    std::vector<std::vector<std::size_t>> followers(all_.size());
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      for (const std::size_t before : all_[i].after) {
        if (!done[before] && !done[i]) {
          ++waits[i];
          followers[before].push_back(i);
        }
      }
      if (waits[i] == 0 && !done[i]) {
        ready.push_back(i);
      }
    }
    while (!ready.empty()) {
      const std::size_t next = ready.back();
      ready.pop_back();
      done[next] = true;
      for (const std::size_t follower : followers[next]) {
        if (--waits[follower] == 0) {
          ready.push_back(follower);
        }
      }
    }
  }

  // Every service that is not done waits for another such one: following them must come round.
  void break_cycle(std::size_t from, std::vector<bool>& done) {
    std::vector<std::size_t> way;
    std::size_t at = from;
    while (std::find(way.begin(), way.end(), at) == way.end()) {
      way.push_back(at);
      const auto& after = all_[at].after;
      at = *std::find_if(after.begin(), after.end(), [&](std::size_t i) { return !done[i]; });
    }
    way.erase(way.begin(), std::find(way.begin(), way.end(), at));
    std::string text;
    for (const std::size_t i : way) {
      text += all_[i].name + " -> ";
      done[i] = true;
    }
    report_(all_[way.front()].key + ".after",
            {"the services wait for each other: " + text + all_[at].name, "take one of them out"});
  }

  Config& config_;
  const Report& report_;
  std::vector<Mounted> all_;
  std::map<std::string, std::size_t> by_name_;
};

}  // namespace

void check_services(Config& config, const Report& report) {
  Services(config, report).check();
}

}  // namespace runard::config
