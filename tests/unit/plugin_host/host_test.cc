#include "plugin_host/host.h"

#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using registry::ServiceState;

TEST_CASE("a service goes through its states and answers requests") {
  Service service("math");
  service.echo();
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  CHECK(world.state("math") == ServiceState::kRunning);
  const Answer answer = world.ask("math/echo", "hello");
  CHECK(answer.code == core::Errc{});
  CHECK(answer.payload == "hello");

  world.stop();
  CHECK(world.directory.history("math") == "created initialized starting running stopping stopped");
  CHECK(service.puppet.stopped == 1);
  CHECK(service.puppet.destroyed == 1);
  CHECK(world.ask("math/echo").code == core::Errc::kNoService);
}
