#include "discovery/beacon.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <vector>

using namespace runard;
using discovery::Beacon;

namespace {

core::TimePoint at(std::int64_t ms) {
  return core::TimePoint(std::chrono::milliseconds(ms));
}

std::vector<std::int64_t> run(Beacon& beacon, std::int64_t begin, std::int64_t end) {
  std::vector<std::int64_t> sent;
  for (std::int64_t ms = begin; ms < end; ++ms) {
    if (beacon.expiry() <= at(ms) && beacon.take(at(ms))) {
      sent.push_back(ms);
    }
  }
  return sent;
}

}  // namespace

TEST_CASE("a beacon that is not started never sends") {
  core::SeededRandom random(1);
  Beacon beacon(std::chrono::seconds(5), random);
  CHECK(beacon.expiry() == core::kNever);
  CHECK_FALSE(beacon.take(at(1)));
}

TEST_CASE("announcements come at once, a few times quickly, then each interval, jittered") {
  core::SeededRandom random(1);
  Beacon beacon(std::chrono::seconds(5), random);
  beacon.start(at(0));
  const auto sent = run(beacon, 0, 60'000);
  REQUIRE(sent.size() > 12);
  CHECK(std::vector(sent.begin(), sent.begin() + 4) == std::vector<std::int64_t>{0, 100, 300, 700});
  std::set<std::int64_t> pauses;
  for (std::size_t i = 4; i < sent.size(); ++i) {
    const std::int64_t pause = sent[i] - sent[i - 1];
    CHECK(pause >= 4'500);
    CHECK(pause <= 5'501);
    pauses.insert(pause);
  }
  CHECK(pauses.size() > 5);
}

TEST_CASE("only a node that has just started asks for answers") {
  core::SeededRandom random(1);
  Beacon beacon(std::chrono::seconds(5), random);
  beacon.start(at(0));
  run(beacon, 0, 701);
  CHECK(beacon.asking());
  run(beacon, 701, 10'000);
  CHECK_FALSE(beacon.asking());
}

TEST_CASE("a newcomer is answered soon, but answers are at least a second apart") {
  core::SeededRandom random(1);
  Beacon beacon(std::chrono::seconds(5), random);
  beacon.start(at(0));
  run(beacon, 0, 2'000);
  beacon.asked(at(2'000));
  const auto first = run(beacon, 2'000, 2'200);
  REQUIRE(first.size() == 1);
  CHECK(first[0] >= 2'010);
  CHECK(first[0] <= 2'111);
  std::size_t sent = 0;
  for (std::int64_t ms = 2'200; ms < 12'200; ms += 10) {
    beacon.asked(at(ms));
    sent += run(beacon, ms, ms + 10).size();
  }
  CHECK(sent >= 9);
  CHECK(sent <= 10);
}
