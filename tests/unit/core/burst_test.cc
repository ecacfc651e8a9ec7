#include "core/burst.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

using runard::core::Burst;

namespace {

struct Counted final : Burst::Sleepers {
  void wake(std::uint32_t most) override { woken += most; }
  std::uint32_t woken = 0;
};

}  // namespace

TEST_CASE("a burst's wake-ups come at its end, all at once") {
  Counted sleepers;
  {
    const Burst burst;
    CHECK(Burst::hold(sleepers));
    CHECK(Burst::hold(sleepers));
    CHECK(sleepers.woken == 0);
  }
  CHECK(sleepers.woken == 2);
  CHECK_FALSE(Burst::hold(sleepers));
}

TEST_CASE("a burst is for one kind of sleepers, and for its own thread") {
  Counted first;
  Counted second;
  const Burst burst;
  CHECK(Burst::hold(first));
  CHECK_FALSE(Burst::hold(second));
  bool held = true;
  std::thread([&] { held = Burst::hold(first); }).join();
  CHECK_FALSE(held);
}

TEST_CASE("a burst inside of another wakes at its own end") {
  Counted sleepers;
  const Burst outer;
  {
    const Burst inner;
    CHECK(Burst::hold(sleepers));
  }
  CHECK(sleepers.woken == 1);
  CHECK(Burst::hold(sleepers));
  CHECK(sleepers.woken == 1);
}
