// links: plugin_host
// A direct local call between two services in plain C, through the C ABI and the smallest possible
// dispatcher. p50_ns includes one reading of the clock a call.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "plugins/pair.h"
#include "support/plugin_world.h"

namespace {

using namespace runard;
using test::PluginWorld;

void nothing(void*) {}

void direct_call(benchmark::State& state) {
  constexpr std::size_t kRounds = 100'000;
  std::vector<std::int64_t> stamps(kRounds);
  pair_result result{};
  result.before = result.after = nothing;
  result.rounds = kRounds;
  result.stamps = state.range(0) != 0 ? stamps.data() : nullptr;
  PluginWorld world;
  const std::string config = std::to_string(reinterpret_cast<std::uintptr_t>(&result));
  const bool added = world
                         .add({PluginWorld::spec("pair", "echo", "echo"),
                               PluginWorld::spec("pair", "caller", "caller", config)})
                         .has_value();
  if (!added || world.ask("caller/run", "warm").code != core::Errc{}) {
    state.SkipWithError("the services do not run");
    return;
  }
  for ([[maybe_unused]] auto _ : state) {
    world.ask("caller/run", "sixteen bytes...");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRounds));
  if (result.stamps != nullptr) {
    std::vector<std::int64_t> times(kRounds - 1);
    for (std::size_t i = 0; i + 1 < kRounds; ++i) {
      times[i] = stamps[i + 1] - stamps[i];
    }
    std::sort(times.begin(), times.end());
    state.counters["p50_ns"] = static_cast<double>(times[times.size() / 2]);
    state.counters["p99_ns"] = static_cast<double>(times[times.size() * 99 / 100]);
  }
}
BENCHMARK(direct_call)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("stamps")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
