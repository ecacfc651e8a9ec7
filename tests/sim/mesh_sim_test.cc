// Thousands of small meshes, each with its own kinds of trouble. A failing seed is named; put it
// into kPinned once it is understood.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "sim/world.h"

using namespace runard;
using std::chrono::seconds;

namespace {

constexpr core::Duration kFaults = seconds(40);
constexpr core::Duration kQuiet = seconds(25);

void check_seed(std::uint64_t seed) {
  sim::World world(seed);
  const std::vector<std::string> failures = world.run(kFaults, kQuiet);
  INFO("seed " << seed << ", " << world.swarm().nodes << " nodes");
  for (const std::string& failure : failures) {
    FAIL_CHECK(failure);
  }
}

}  // namespace

TEST_CASE("whatever goes wrong, every view is right again when it is over") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    check_seed(seed);
  }
}

TEST_CASE("thousands of seeds", "[.long]") {
  for (std::uint64_t seed = 1000; seed < 6000; ++seed) {
    check_seed(seed);
  }
}

TEST_CASE("one seed gives the same run each time") {
  for (std::uint64_t seed = 1; seed <= 300; seed += 50) {
    sim::World first(seed);
    sim::World second(seed);
    first.run(kFaults, kQuiet);
    second.run(kFaults, kQuiet);
    CHECK(first.digest() == second.digest());
    CHECK(first.frames() == second.frames());
    CHECK(first.frames() > 0);
    sim::World other(seed + 1);
    other.run(kFaults, kQuiet);
    CHECK(first.digest() != other.digest());
  }
}
