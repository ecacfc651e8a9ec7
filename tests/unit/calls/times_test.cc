// Deadlines, cancels and the time of a call that names none.
#include <catch2/catch_test_macros.hpp>

#include "world.h"

using namespace runard;
using namespace runard::test;

TEST_CASE("a call that nobody answers ends at its deadline, and its provider is told") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("math/add", 0, 100ms);
  world.executor.advance(99ms);
  CHECK(world.caller.answers == 0);
  world.executor.advance(10ms);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
  CHECK(world.caller.executed == Executed::kUnknown);
  CHECK(math.cancelled == std::vector<rpc::Ticket>{7});
  math.answer("late");
  CHECK(world.caller.answers == 1);
  CHECK(world.dispatcher.stats().timeouts == 1);
  CHECK(world.dispatcher.stats().open == 0);
}

TEST_CASE("a deadline that has passed already is refused without asking anybody") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("math/add", 0, 0ms);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(math.calls == 0);
}

TEST_CASE("a cancelled call answers its caller at once and stops its provider") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  const rpc::Ticket ticket = world.call("math/add");
  world.dispatcher.cancel(ticket);
  CHECK(world.caller.code == Errc::kCancelled);
  CHECK(math.cancelled == std::vector<rpc::Ticket>{7});
  world.dispatcher.cancel(ticket);
  CHECK(world.caller.answers == 1);
}

TEST_CASE("a sweep that went to rest is armed again by the next pending call") {
  World world;
  FakeProvider slow;
  REQUIRE(world.registry.put_local(service("slow", {"do"}), &slow));
  world.call("slow/do", 0, 100ms);
  world.executor.advance(5s);
  CHECK(world.caller.answers == 1);
  world.call("slow/do", 0, 100ms);
  world.executor.advance(200ms);
  CHECK(world.caller.answers == 2);
  CHECK(world.dispatcher.stats().timeouts == 2);
}

TEST_CASE("a call without a deadline gets its provider's time, else the default") {
  World world;
  core::TimePoint deadline{};
  LambdaProvider math([&](const rpc::Request& request, const rpc::Responder& responder) {
    deadline = request.deadline;
    responder(success());
    return rpc::Ticket{0};
  });
  auto row = service("math", {"add", "slow"});
  row.actions[1].timeout_ms = 60'000;
  REQUIRE(world.registry.put_local(row, &math));
  rpc::Request request;
  request.network = "main";
  request.path = "math/slow";
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + 60s);
  request.path = "math/add";
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + calls::Options{}.default_timeout);
  request.path = "math/slow";
  request.deadline = world.clock.now() + 10ms;
  world.dispatcher.call(request, {&world.caller, {}});
  CHECK(deadline == world.clock.now() + 10ms);
}

TEST_CASE("another node's action has its own time here, too, and it ends the call") {
  World world;
  FakeProvider far;
  auto row = service("math", {"slow"});
  row.actions[0].timeout_ms = 200;
  world.add_node(1, far, row);
  rpc::Request request;
  request.network = "main";
  request.path = "math/slow";
  world.dispatcher.call(request, {&world.caller, {}});
  world.executor.advance(190ms);
  CHECK(world.caller.answers == 0);
  world.executor.advance(20ms);
  CHECK(world.caller.code == Errc::kDeadlineExceeded);
}
