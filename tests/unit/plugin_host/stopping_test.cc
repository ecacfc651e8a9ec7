// A host that is told to stop while its services start.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using registry::ServiceState;

// "last" is destroyed first, and slowly: meanwhile the one that "middle" waited for has started.
TEST_CASE("once a host stops, no service is started any more") {
  Service first("first"), middle("middle"), last("last");
  Door starting, started, destroying, destroyed;
  first.puppet.on_start = [&](runar_ctx*, runar_err*) {
    starting.open();
    started.wait();
    return RUNAR_OK;
  };
  last.puppet.on_destroy = [&] {
    destroying.open();
    destroyed.wait();
  };
  auto second = middle.spec();
  auto third = last.spec();
  second.after = {"first"};
  third.after = {"middle"};
  PluginWorld world;
  std::thread adding([&] { EXPECT(world.add({first.spec(), second, third})); });
  REQUIRE(starting.wait());
  std::thread stopping([&] { world.stop(); });
  REQUIRE(destroying.wait());
  started.open();
  adding.join();
  destroyed.open();
  stopping.join();
  for (Service* const service : {&middle, &last}) {
    CHECK(service->puppet.inited == 1);
    CHECK(service->puppet.started == 0);
    CHECK(service->puppet.stopped == 0);
    CHECK(service->puppet.destroyed == 1);
  }
  CHECK(first.puppet.stopped == 1);
  CHECK(world.state("middle") == ServiceState::kStopped);
}

TEST_CASE("a host that stops takes no more services") {
  Service first("first"), late("late");
  PluginWorld world;
  REQUIRE(world.add({first.spec()}));
  world.stop();
  CHECK(world.add({late.spec()}).error().code == core::Errc::kServiceStopping);
  CHECK(late.puppet.created == 0);
}
