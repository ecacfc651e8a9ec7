#include <catch2/catch_test_macros.hpp>
#include <set>

#include "enroll/renewal_plan.h"
#include "enroll/renewal_round.h"

using namespace runard;
using namespace std::chrono_literals;
using enroll::RenewalPlan;
using enroll::RenewalRound;
using enroll::Standing;

namespace {

constexpr core::WallTime kBorn{1'750'000'000s};

}  // namespace

TEST_CASE("a certificate is renewed at two thirds of its life, a tenth earlier or later") {
  core::SeededRandom random(1);
  std::set<core::WallTime> dues;
  for (int i = 0; i < 1000; ++i) {
    const RenewalPlan plan({kBorn, kBorn + 24h}, random);
    CHECK(plan.due() >= kBorn + 16h - 96min);
    CHECK(plan.due() <= kBorn + 16h + 96min);
    dues.insert(plan.due());
  }
  CHECK(dues.size() > 300);            // not all at once
  CHECK(*dues.begin() < kBorn + 15h);  // and over the whole span
  CHECK(*dues.rbegin() > kBorn + 17h);
}

TEST_CASE("T29: failures are tried again after 1 min, twice as long each time, at most 1 h") {
  core::SeededRandom random(1);
  RenewalPlan plan({kBorn, kBorn + 24h * 90}, random);
  core::WallTime now = plan.due();
  for (const core::Duration pause : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    plan.failed(now);
    CHECK(plan.due() == now + pause);
    now = plan.due();
  }
  CHECK(plan.failures() == 8);
  plan.renewed({now, now + 24h});
  CHECK(plan.failures() == 0);
}

TEST_CASE("T29: an issuer that is away for half of what is left costs no outage") {
  for (const core::Duration life : {core::Duration(24h), core::Duration(30s)}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      core::SeededRandom random(seed);
      RenewalPlan plan({kBorn, kBorn + life}, random);
      const core::WallTime back = plan.due() + (kBorn + life - plan.due()) / 2;
      core::WallTime now = plan.due();
      int attempts = 0;
      while (now < back) {
        plan.failed(now);
        now = plan.due();
        ++attempts;
      }
      CHECK(now < kBorn + life);
      CHECK(attempts < 20);
    }
  }
}

TEST_CASE("a certificate is good, due, ending and then expired") {
  core::SeededRandom random(1);
  const RenewalPlan plan({kBorn, kBorn + 30 * 24h}, random);
  CHECK(plan.standing(kBorn) == Standing::kGood);
  CHECK(plan.standing(kBorn + 17 * 24h) == Standing::kGood);
  CHECK(plan.ending() == kBorn + 22 * 24h + 12h);
  CHECK(plan.due() < plan.ending());
  CHECK(plan.standing(kBorn + 22 * 24h + 12h + 1s) == Standing::kEnding);
  CHECK(plan.standing(kBorn + 30 * 24h - 1s) == Standing::kEnding);
  CHECK(plan.standing(kBorn + 30 * 24h) == Standing::kExpired);
}

TEST_CASE("the end is warned of with a quarter of the life left, or 30 days, and then again") {
  core::SeededRandom random(1);
  const RenewalPlan day({kBorn, kBorn + 24h}, random);
  CHECK(day.next_warning() == kBorn + 18h);
  RenewalPlan plan({kBorn, kBorn + 24h * 365}, random);
  const core::WallTime end = kBorn + 24h * 365;
  CHECK_FALSE(plan.warns(end - 24h * 30 - 1s));
  std::vector<core::Duration> left;
  for (core::WallTime now = plan.next_warning(); now < end; now = plan.next_warning()) {
    CHECK_FALSE(plan.warns(now - 1ns));
    CHECK(plan.warns(now));
    CHECK_FALSE(plan.warns(now));
    left.push_back(end - now);
  }
  REQUIRE(left.size() > 5);
  CHECK(left.size() < 20);
  CHECK(left[0] == 24h * 30);
  CHECK(left[1] == 24h * 15);
  CHECK(plan.warns(end));  // that it has ended
  CHECK_FALSE(plan.warns(end + 24h * 365));
  plan.renewed({end, end + 24h});
  CHECK(plan.next_warning() == end + 18h);
}

TEST_CASE("who has to hurry renews at once, and no later than planned") {
  core::SeededRandom random(1);
  RenewalPlan plan({kBorn, kBorn + 24h}, random);
  plan.hurry(kBorn + 1h);
  CHECK(plan.due() == kBorn + 1h);
  plan.hurry(kBorn + 2h);
  CHECK(plan.due() == kBorn + 1h);
}

TEST_CASE("a round asks each issuer once, in an order by chance, and not too many") {
  std::vector<core::NodeId> issuers(20);
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    issuers[i].bytes[0] = static_cast<std::uint8_t>(i);
  }
  core::SeededRandom random(1);
  std::set<core::NodeId> firsts;
  for (int i = 0; i < 200; ++i) {
    RenewalRound round(issuers, random);
    std::set<core::NodeId> asked;
    while (const auto node = round.next()) {
      firsts.insert(asked.empty() ? *node : *firsts.begin());
      CHECK(asked.insert(*node).second);
    }
    CHECK(asked.size() == RenewalRound::kMost);
  }
  CHECK(firsts.size() > 10);
  RenewalRound nobody({}, random);
  CHECK_FALSE(nobody.next());
  CHECK(nobody.last_error().code == core::Errc::kNoEndpoint);
}
