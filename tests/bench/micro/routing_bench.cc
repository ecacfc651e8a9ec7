// links: routing
// What a look-up costs (DESIGN section 12: exact <= 50 ns, in 100 000 patterns <= 1 us).
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "routing/route_trie.h"
#include "routing/snapshot.h"

using namespace runard::routing;

namespace {

using Trie = RouteTrie<std::uint64_t>;

TopicPattern pattern(const std::string& text) {
  return *TopicPattern::parse(text, "main");
}

// `services` services of four patterns each, one of them without wildcards.
Trie make_trie(std::int64_t patterns) {
  Trie trie(42);
  for (std::int64_t i = 0; i < patterns / 4; ++i) {
    const std::string service = "service" + std::to_string(i);
    for (const char* action : {"/list", "/{id}/profile", "/{id}/files/{name}", "/*/events/>"}) {
      RUNARD_CHECK(trie.insert(pattern(service + action), 1).has_value());
    }
  }
  return trie;
}

// 1024 paths: of one service, or of services all over the trie.
std::vector<std::string> make_paths(std::int64_t services, const std::string& action) {
  runard::core::SeededRandom random(1);
  std::vector<std::string> paths;
  for (int i = 0; i < 1024; ++i) {
    const auto service = random.below(static_cast<std::uint64_t>(services));
    paths.push_back("service" + std::to_string(service) + action);
  }
  return paths;
}

void look_up(benchmark::State& state, const std::string& action, bool found) {
  const Trie trie = make_trie(state.range(0));
  const auto paths = make_paths(state.range(1), action);
  Captures captures;
  std::size_t i = 0;
  for (auto _ : state) {
    const Trie::Entry* entry = trie.best({"main", paths[i++ & 1023]}, &captures);
    RUNARD_CHECK((entry != nullptr) == found);
    benchmark::DoNotOptimize(entry);
  }
}

void exact(benchmark::State& state) {
  look_up(state, "/list", true);
}
void param(benchmark::State& state) {
  look_up(state, "/u-123456/profile", true);
}
void two_params(benchmark::State& state) {
  look_up(state, "/u-123456/files/a.txt", true);
}
void rest(benchmark::State& state) {
  look_up(state, "/u-123456/events/a/b", true);
}
void no_match(benchmark::State& state) {
  look_up(state, "/u-123456/nothing", false);
}

// {patterns stored, services that paths are taken from}
void sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({1'000, 1})->Args({1'000, 250})->Args({100'000, 1})->Args({100'000, 25'000});
}
BENCHMARK(exact)->Apply(sizes);
BENCHMARK(param)->Apply(sizes);
BENCHMARK(two_params)->Apply(sizes);
BENCHMARK(rest)->Apply(sizes);
BENCHMARK(no_match)->Apply(sizes);

// The same question to 1024 mixes of '*' and {name} that all stay open to the last segment.
void hostile_mix(benchmark::State& state) {
  Trie trie(42);
  for (std::uint32_t i = 0; i < 1024; ++i) {
    std::string text;
    for (std::uint32_t bit = 0; bit < 10; ++bit) {
      text += (i >> bit & 1) == 0 ? "*/" : "{p" + std::to_string(bit) + "}/";
    }
    RUNARD_CHECK(trie.insert(pattern(text + "a/b/c/end"), 1).has_value());
  }
  const std::string path = "1/2/3/4/5/6/7/8/9/10/a/b/c/other";
  for (auto _ : state) {
    benchmark::DoNotOptimize(trie.best({"main", path}));
  }
}
BENCHMARK(hostile_mix);

void warm_read(benchmark::State& state) {
  static const Snapshot<Trie> routes(std::make_shared<const Trie>(make_trie(1'000)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(routes.read().get());
  }
}
BENCHMARK(warm_read)->ThreadRange(1, 2);

void read_and_exact(benchmark::State& state) {
  static const Snapshot<Trie> routes(std::make_shared<const Trie>(make_trie(1'000)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(routes.read()->best({"main", "service7/list"}));
  }
}
BENCHMARK(read_and_exact)->ThreadRange(1, 2);

// One pattern in, one out, and the whole published.
void change_and_publish(benchmark::State& state) {
  Trie trie = make_trie(state.range(0));
  Snapshot<Trie> routes(std::make_shared<const Trie>(trie.share()));
  const TopicPattern first = pattern("new/{id}/a");
  const TopicPattern second = pattern("new/b/c");
  bool turn = false;
  for (auto _ : state) {
    trie.remove(turn ? first : second);
    RUNARD_CHECK(trie.insert(turn ? second : first, 1).has_value());
    routes.publish(std::make_shared<const Trie>(trie.share()));
    turn = !turn;
  }
}
BENCHMARK(change_and_publish)->Arg(1'000)->Arg(100'000);

void build(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_trie(state.range(0)).size());
  }
}
BENCHMARK(build)->Arg(100'000)->Unit(benchmark::kMillisecond);

void parse_path(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(TopicPath::parse("users/u-123456/profile", "main"));
  }
}
BENCHMARK(parse_path);

void view_path(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(view_topic("users/u-123456/profile", "main"));
  }
}
BENCHMARK(view_path);

void pattern_matches(benchmark::State& state) {
  const TopicPattern profile = pattern("users/{id}/profile");
  const auto path = TopicPath::parse("users/u-123456/profile", "main");
  for (auto _ : state) {
    benchmark::DoNotOptimize(profile.matches(*path));
  }
}
BENCHMARK(pattern_matches);

}  // namespace
