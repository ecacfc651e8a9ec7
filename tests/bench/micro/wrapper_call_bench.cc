// links: plugin_host
// A direct local call between two services in C++: a coroutine that calls, typed arguments, and a
// plain function or a coroutine that answers. p50_ns includes one reading of the clock a call.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "plugins/pair.h"
#include "support/plugin_world.h"

namespace {

using namespace runard;
using test::PluginWorld;

void nothing(void*) {}

// A CBOR text of up to 23 bytes.
std::string cbor_text(std::string_view text) {
  return static_cast<char>(0x60 + text.size()) + std::string(text);
}

void wrapper_call(benchmark::State& state) {
  constexpr std::size_t kRounds = 100'000;
  std::vector<std::int64_t> stamps(kRounds);
  pair_result result{};
  result.before = result.after = nothing;
  result.rounds = kRounds;
  result.stamps = stamps.data();
  PluginWorld world;
  const std::string config =
      R"({"result":")" + std::to_string(reinterpret_cast<std::uintptr_t>(&result)) + R"("})";
  const std::string path = cbor_text(state.range(0) == 0 ? "adder/plain" : "adder/coroutine");
  const bool added = world
                         .add({PluginWorld::spec("pair_cpp", "adder", "adder"),
                               PluginWorld::spec("pair_cpp", "caller", "caller", config)})
                         .has_value();
  if (!added || world.ask("caller/run", path).code != core::Errc{}) {
    state.SkipWithError("the services do not run");
    return;
  }
  for ([[maybe_unused]] auto _ : state) {
    world.ask("caller/run", path);
  }
  if (result.answered % kRounds != 0) {
    state.SkipWithError("wrong answers");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRounds));
  std::vector<std::int64_t> times(kRounds - 1);
  for (std::size_t i = 0; i + 1 < kRounds; ++i) {
    times[i] = stamps[i + 1] - stamps[i];
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_ns"] = static_cast<double>(times[times.size() / 2]);
  state.counters["p99_ns"] = static_cast<double>(times[times.size() * 99 / 100]);
}
BENCHMARK(wrapper_call)
    ->Arg(0)
    ->Arg(1)
    ->ArgName("coroutine")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
