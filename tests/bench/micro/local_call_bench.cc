// links: plugin_host calls
// A direct local call between two services in plain C, through the C ABI.
#include "call_rounds.h"

namespace {

using runard::bench::CallRounds;
using runard::test::PluginWorld;

void direct_call(benchmark::State& state) {
  CallRounds rounds(state.range(0) != 0);
  const bool begun = rounds.begin({PluginWorld::spec("pair", "echo", "echo"),
                                   PluginWorld::spec("pair", "caller", "caller", rounds.address())},
                                  state.range(1) != 0, "sixteen bytes...");
  bool good = begun;
  for ([[maybe_unused]] auto _ : state) {
    good = good && rounds.run("sixteen bytes...");
  }
  if (!good) {
    state.SkipWithError("a call failed");
  }
  rounds.report(state);
}
BENCHMARK(direct_call)
    ->ArgNames({"real", "stamps"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({0, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
