// links: plugin_host calls
// A direct local call between two services in C++: a coroutine that calls, typed arguments, and a
// plain function or a coroutine that answers.
#include "call_rounds.h"

namespace {

using runard::bench::CallRounds;
using runard::test::PluginWorld;

void wrapper_call(benchmark::State& state) {
  CallRounds rounds(state.range(0) != 0);
  const std::string config = R"({"result":")" + rounds.address() + R"("})";
  const std::string path = state.range(1) == 0 ? "adder/plain" : "adder/coroutine";
  bool good = rounds.begin({PluginWorld::spec("pair_cpp", "adder", "adder"),
                            PluginWorld::spec("pair_cpp", "caller", "caller", config)},
                           true, path);
  for ([[maybe_unused]] auto _ : state) {
    good = good && rounds.run(path);
  }
  if (!good) {
    state.SkipWithError("a call failed");
  }
  rounds.report(state);
}
BENCHMARK(wrapper_call)
    ->ArgNames({"real", "coroutine"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({0, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
