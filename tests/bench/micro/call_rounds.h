// CallRounds: rounds of calls between two services of a plugin of tests/plugins, on the daemon's
// own dispatcher or on the smallest possible one, and what one call took. The times include one
// reading of the clock a call.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/pair.h"
#include "support/real_calls.h"

namespace runard::bench {

class CallRounds {
 public:
  static constexpr std::size_t kRounds = 100'000;

  explicit CallRounds(bool real)
      : world_({}, real ? &calls_.dispatcher() : nullptr, real ? &calls_ : nullptr) {
    result_.before = result_.after = [](void*) {};
    result_.rounds = kRounds;
  }

  // Adds the two services and makes one request to "caller/run", which makes the rounds.
  bool begin(std::vector<plugin_host::InstanceSpec> specs, bool stamps,
             const std::string& payload) {
    result_.stamps = stamps ? stamps_.data() : nullptr;
    return world_.add(std::move(specs)).has_value() && run(payload);
  }
  bool run(const std::string& payload) {
    result_.answered = 0;
    return world_.ask("caller/run", payload).code == core::Errc{} && result_.answered == kRounds;
  }
  std::string address() const { return std::to_string(reinterpret_cast<std::uintptr_t>(&result_)); }

  void report(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRounds));
    if (result_.stamps == nullptr) {
      return;
    }
    std::vector<std::int64_t> times(kRounds - 1);
    for (std::size_t i = 0; i + 1 < kRounds; ++i) {
      times[i] = stamps_[i + 1] - stamps_[i];
    }
    std::sort(times.begin(), times.end());
    state.counters["p50_ns"] = static_cast<double>(times[times.size() / 2]);
    state.counters["p99_ns"] = static_cast<double>(times[times.size() * 99 / 100]);
  }

 private:
  std::vector<std::int64_t> stamps_ = std::vector<std::int64_t>(kRounds);
  pair_result result_{};
  test::RealCalls calls_;
  test::PluginWorld world_;
};

}  // namespace runard::bench
