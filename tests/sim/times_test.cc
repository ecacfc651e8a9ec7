// How fast it is: DESIGN section 12, in virtual time and thus without a machine's noise.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "sim/world.h"

using namespace runard;
using namespace std::chrono_literals;
using sim::World;

namespace {

sim::Swarm calm(std::size_t nodes, std::size_t dead_addresses) {
  sim::Swarm swarm;
  swarm.nodes = nodes;
  swarm.one_network = true;
  swarm.dead_addresses = dead_addresses;
  swarm.max_delay = 5ms;
  return swarm;
}

// Nodes 0 to n-1 of a mesh that has settled.
std::unique_ptr<World> settled(std::uint64_t seed, std::size_t nodes, std::size_t spare,
                               std::size_t dead, bool multicast) {
  sim::Swarm swarm = calm(nodes + spare, dead);
  swarm.multicast = multicast;
  auto world = std::make_unique<World>(seed, swarm);
  for (std::size_t i = 0; i < nodes; ++i) {
    world->start(i);
  }
  world->pass_time(60s);
  return world;
}

bool all_see(const World& world, std::size_t nodes, std::size_t who) {
  bool all = true;
  for (std::size_t i = 0; i < nodes; ++i) {
    all = all && (i == who || (world.sees(i, who) && world.sees(who, i)));
  }
  return all;
}

bool nobody(std::size_t nodes, std::size_t who, const std::function<bool(std::size_t)>& shows) {
  bool none = true;
  for (std::size_t i = 0; i < nodes; ++i) {
    none = none && (i == who || !shows(i));
  }
  return none;
}

bool all_show(const World& world, std::size_t nodes, std::size_t who) {
  return nobody(nodes, who, [&](std::size_t i) { return !world.shows(i, who); });
}

}  // namespace

TEST_CASE("a new node is usable by all within a second, with fifty dead addresses too") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const bool multicast : {true, false}) {
      const auto settled_world = settled(seed, 7, 1, 50, multicast);
      World& world = *settled_world;
      world.start(7);
      const auto took = world.time_until([&] { return all_see(world, 8, 7); }, 20s);
      INFO("seed " << seed << (multicast ? ", multicast" : ", static"));
      CHECK(took <= 1s);
    }
  }
}

TEST_CASE("sixteen nodes that start together see each other within two seconds") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, calm(16, 1));
    for (std::size_t i = 0; i < 16; ++i) {
      world.start(i);
    }
    const auto took = world.time_until(
        [&] {
          bool all = true;
          for (std::size_t i = 0; i < 16; ++i) {
            all = all && all_see(world, 16, i);
          }
          return all;
        },
        20s);
    INFO("seed " << seed);
    CHECK(took <= 2s);
    // 120 pairs; both sides dialling each would be 240, plus own and dead addresses.
    CHECK(world.dials() < 120 + 60 + 16 * 3);
  }
}

TEST_CASE("a clean leave is known to all within 100 ms, first as draining, then as gone") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto settled_world = settled(seed, 8, 0, 1, true);
    World& world = *settled_world;
    const auto seen = [&] {
      return !nobody(8, 3, [&](std::size_t i) { return world.sees(i, 3); });
    };
    const auto shown = [&] {
      return !nobody(8, 3, [&](std::size_t i) { return world.shows(i, 3); });
    };
    INFO("seed " << seed);
    REQUIRE(seen());
    world.leave(3, 500ms);
    const auto avoided = world.time_until([&] { return !seen(); }, 20s);
    CHECK(avoided <= 100ms);
    world.pass_time(499ms - avoided);
    CHECK(all_show(world, 8, 3));  // for the calls that are under way
    world.pass_time(1ms);
    CHECK(world.time_until([&] { return !shown(); }, 20s) <= 100ms);
    CHECK(world.time_until([&] { return !world.runs(3); }, 20s) <= 100ms);  // it need not wait
  }
}

TEST_CASE("a killed node is avoided within four seconds and gone within five") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto settled_world = settled(seed, 8, 0, 1, true);
    World& world = *settled_world;
    world.kill(3);
    const auto avoided = world.time_until(
        [&] { return nobody(8, 3, [&](std::size_t i) { return world.sees(i, 3); }); }, 20s);
    const auto gone = world.time_until(
        [&] { return nobody(8, 3, [&](std::size_t i) { return world.shows(i, 3); }); }, 20s);
    INFO("seed " << seed);
    CHECK(avoided <= 4s);
    CHECK(avoided + gone <= 5s);
  }
}

TEST_CASE("a node that is killed and comes back is usable again within a second") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const auto pause : {0s, 2s, 60s}) {
      const auto settled_world = settled(seed, 8, 0, 1, true);
      World& world = *settled_world;
      world.kill(3);
      world.pass_time(pause);
      world.start(3);
      const auto took = world.time_until([&] { return all_see(world, 8, 3); }, 20s);
      INFO("seed " << seed << ", away for " << pause.count() << " s");
      CHECK(took <= 1s);
    }
  }
}

TEST_CASE("an idle mesh of eight says little") {
  const auto settled_world = settled(1, 8, 0, 1, true);
  World& world = *settled_world;
  const std::uint64_t before = world.frames();
  const std::size_t dials = world.dials();
  world.pass_time(60s);
  CHECK(world.frames() - before <= 8 * 7 * 62);  // a heartbeat a second, each way
  CHECK(world.dials() - dials <= 8 * 8);         // the dead address, at its longest pauses
}
