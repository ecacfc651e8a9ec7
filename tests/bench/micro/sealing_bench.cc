// links: sealing
// What private fields cost a whole message: split, seal, open, join; with one and with three label
// sets, by size. And what a payload without private fields pays to be let through.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <runar/cbor.hpp>

#include "support/sealing_ends.h"

namespace {

using namespace runard;
using namespace runard::sealing;

LabelMap labels() {
  return {{{"user", {false, {}, {kCaller}}},
           {"system", {true, {}, {kCaller}}},
           {"system_only", {true, {}, {}}}},
          1};
}

// A message whose private fields have `size` bytes in all.
struct Scene {
  Scene(std::int64_t groups, std::int64_t size) {
    const char* const names[] = {"system", "system_only", "user"};
    std::string schema = R"({"properties":{"name":{"type":"string"})";
    runar::cbor::Writer writer;
    runar::cbor::MapWriter map(writer, static_cast<std::size_t>(groups) + 1);
    map.key("name");
    writer.text("Ann");
    for (std::int64_t i = 0; i < groups; ++i) {
      const std::string key = "field" + std::to_string(i);
      schema += ",\"" + key + R"(":{"x-runar-label":")" + names[i] + "\"}";
      map.key(key);
      writer.bytes(std::vector<std::uint8_t>(static_cast<std::size_t>(size / groups), 0x5a));
    }
    RUNARD_CHECK(map.finish() == runar::cbor::Errc::kOk);
    value.assign(writer.bytes().begin(), writer.bytes().end());
    RUNARD_CHECK(ends.from.types.declare(1, "bench", schema + "}}", labels()).has_value());
    ends.place.profile.bytes.fill(7);
  }
  rpc::Payload seal() { return ends.seal(value); }
  // From now on in short: the receiver keeps the keys.
  void make_compact() { open(seal()); }
  void open(const rpc::Payload& sealed) {
    const auto opened = ends.to.codec.open(ends.at_receiver(), sealed);
    RUNARD_CHECK(opened.has_value() && opened->bytes.size() == value.size());
  }

  test::SealingEnds ends{labels()};
  core::Bytes value;
};

void seal_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  state.counters["bytes"] = static_cast<double>(scene.seal().bytes.size());
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(scene.seal());
  }
}

void open_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  const rpc::Payload sealed = scene.seal();
  scene.open(sealed);
  for ([[maybe_unused]] auto _ : state) {
    scene.open(sealed);
  }
}

void seal_compact_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  scene.make_compact();
  state.counters["bytes"] = static_cast<double>(scene.seal().bytes.size());
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(scene.seal());
  }
}

void open_compact_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  scene.make_compact();
  const rpc::Payload sealed = scene.seal();
  for ([[maybe_unused]] auto _ : state) {
    scene.open(sealed);
  }
}

// With a thousand types that have private fields, none of them this one.
void let_through(benchmark::State& state) {
  test::SealingKeys keys;
  test::SealingEnd end(keys, 1, labels());
  for (std::uint64_t i = 2; i < 1002; ++i) {
    RUNARD_CHECK(
        end.types.declare(i, "t", R"({"items":{"x-runar-label":"user"}})", labels()).has_value());
  }
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(end.codec.is_private(1));
  }
}

}  // namespace

BENCHMARK(seal_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(open_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(seal_compact_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(open_compact_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(let_through);
BENCHMARK_MAIN();
