// Who is asked, what is told, what is tried again and what is refused.
#include <catch2/catch_test_macros.hpp>

#include "world.h"

using namespace runard;
using namespace runard::test;

TEST_CASE("a local call reaches its provider with the caller's own bytes, pattern and parameters") {
  World world;
  FakeProvider users;
  users.inline_reply = success();
  REQUIRE(world.registry.put_local(service("users", {"{user_id}/profile"}), &users));

  CHECK(world.call("users/42/profile") == 0);

  CHECK(users.calls == 1);
  CHECK(users.pattern == "users/{user_id}/profile");
  CHECK(users.params == std::vector<std::string>{"user_id=42"});
  CHECK(users.payload == core::as_bytes(world.body).data());
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.token == 42);
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("an unknown service and an unknown action are told apart") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.call("maths/add");
  CHECK(world.caller.code == Errc::kNoService);
  world.call("math/sub");
  CHECK(world.caller.code == Errc::kNoAction);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(math.calls == 0);
}

TEST_CASE("a service of another network is not found") {
  World world;
  FakeProvider math;
  auto row = service("math", {"add"});
  row.network = "backup";
  REQUIRE(world.registry.put_local(row, &math));
  world.call("math/add");
  CHECK(world.caller.code == Errc::kNoService);
  CHECK(math.calls == 0);
}

TEST_CASE("only the first answer counts") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  CHECK(world.call("math/add") != 0);
  math.answer("one");
  math.answer("two");
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.body == "one");
}

TEST_CASE("a provider that refuses unexecuted is followed by the next, until one takes the call") {
  World world;
  FakeProvider local, first, second;
  local.refuse_with(Errc::kServicePaused);
  first.refuse_with(Errc::kOverloaded);
  second.refuse_with(Errc::kLinkLost);
  REQUIRE(world.registry.put_local(service("math", {"add"}), &local));
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));

  world.call("math/add");

  CHECK(local.calls == 1);
  CHECK(first.calls == 1);
  CHECK(second.calls == 1);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(world.dispatcher.stats().failovers == 2);
}

TEST_CASE("failover goes on after the caller's frame has returned, with the same bytes") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  world.call("math/add");
  FakeProvider& asked = first.calls == 1 ? first : second;
  FakeProvider& other = first.calls == 1 ? second : first;
  REQUIRE(other.calls == 0);
  other.inline_reply = success();

  rpc::Reply refusal;
  refusal.code = Errc::kDraining;
  refusal.executed = Executed::kNo;
  (*asked.held)(refusal);

  CHECK(other.calls == 1);
  CHECK(world.caller.answers == 1);
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("failover after the caller's frame has returned has the recipients that it named") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  core::ProfileId bob;
  bob.bytes.fill(0x0b);
  {
    std::vector<core::ProfileId> named(3, bob);
    rpc::Request request;
    request.network = "main";
    request.path = "math/add";
    request.deadline = world.clock.now() + 1s;
    request.recipients = named;
    world.dispatcher.call(request, {&world.caller, {42, 0, 0}});
    named.assign(3, {});  // the caller's memory is its own again
  }
  FakeProvider& asked = first.calls == 1 ? first : second;
  FakeProvider& other = first.calls == 1 ? second : first;
  CHECK(asked.recipients == std::vector<core::ProfileId>(3, bob));
  rpc::Reply refusal;
  refusal.code = Errc::kDraining;
  refusal.executed = Executed::kNo;
  (*asked.held)(refusal);
  CHECK(other.recipients == std::vector<core::ProfileId>(3, bob));

  // The next call in the same slot has none of them.
  first.recipients = second.recipients = {bob};
  world.call("math/add");
  CHECK((first.recipients.empty() || second.recipients.empty()));
}

TEST_CASE("an error after the work was done, or may have been, is not retried") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  rpc::Reply reply;
  reply.code = Errc::kProviderLost;
  reply.executed = Executed::kUnknown;
  first.inline_reply = second.inline_reply = reply;
  world.call("math/add");
  CHECK(first.calls + second.calls == 1);
  CHECK(world.caller.code == Errc::kProviderLost);
}

TEST_CASE("a late answer of a provider that had refused does not end the next attempt") {
  World world;
  FakeProvider first, second;
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  world.call("math/add");
  FakeProvider& asked = first.calls == 1 ? first : second;
  FakeProvider& other = first.calls == 1 ? second : first;
  const rpc::Responder old = *asked.held;
  rpc::Reply refusal;
  refusal.code = Errc::kDraining;
  refusal.executed = Executed::kNo;
  old(refusal);
  REQUIRE(other.calls == 1);
  old(success());
  CHECK(world.caller.answers == 0);
  other.answer("right");
  CHECK(world.caller.body == "right");
}

TEST_CASE("a provider with other schemas than those in use gets what names its node, no more") {
  World world;
  FakeProvider old, upgraded;
  old.refuse_with(Errc::kOverloaded);
  upgraded.inline_reply = success();
  const auto adder = [](std::string schema) {
    auto row = service("math", {"add"});
    row.actions[0].input_schema = std::move(schema);
    return row;
  };
  world.add_node(1, old, adder("a"));
  world.add_node(2, upgraded, adder("b"));

  world.call("math/add");
  CHECK(world.caller.code == Errc::kOverloaded);
  CHECK(upgraded.calls == 0);
  world.call("math/add", 0, 1s, 2);
  CHECK(world.caller.code == Errc{});
  CHECK(upgraded.calls == 1);
  CHECK(old.calls == 1);
  INFO("its refusal is the answer, and a request that came over a link does not get there");
  upgraded.refuse_with(Errc::kServicePaused);
  world.call("math/add", 0, 1s, 2);
  CHECK(world.caller.code == Errc::kServicePaused);
  world.call("math/add", rpc::kInbound, 1s, 2);
  CHECK(world.caller.code == Errc::kNoEndpoint);
  world.call("math/add", 0, 1s, 3);
  CHECK(world.caller.code == Errc::kNoEndpoint);
  CHECK(upgraded.calls == 2);
}

TEST_CASE("remote providers take turns; a local one goes first") {
  World world;
  FakeProvider local, first, second;
  local.inline_reply = first.inline_reply = second.inline_reply = success();
  world.add_node(1, first, service("math", {"add"}));
  world.add_node(2, second, service("math", {"add"}));
  for (int i = 0; i < 10; ++i) {
    world.call("math/add");
  }
  CHECK(first.calls == 5);
  CHECK(second.calls == 5);
  REQUIRE(world.registry.put_local(service("math", {"add"}), &local));
  world.call("math/add");
  CHECK(local.calls == 1);
}

TEST_CASE("an inbound request is never forwarded") {
  World world;
  FakeProvider remote;
  world.add_node(1, remote, service("math", {"add"}));
  world.call("math/add", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoEndpoint);
  CHECK(remote.calls == 0);
}

TEST_CASE("a call that only a paused or draining node could take hears why") {
  World world;
  FakeProvider remote;
  registry::NodeRows rows;
  rows.node.bytes[0] = 1;
  rows.epoch = rows.version = 1;
  rows.services = {service("math", {"add"})};
  rows.draining = true;
  world.registry.replace(rows, remote);
  world.call("math/add");
  CHECK(world.caller.code == Errc::kDraining);
  CHECK(world.caller.executed == Executed::kNo);
  rows.draining = false;
  rows.services[0].state = registry::ServiceState::kPaused;
  world.registry.replace(rows, remote);
  world.call("math/add");
  CHECK(world.caller.code == Errc::kServicePaused);
  CHECK(remote.calls == 0);
}

TEST_CASE("a draining node refuses inbound requests, its own go on") {
  World world;
  FakeProvider math;
  math.inline_reply = success();
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.dispatcher.drain();
  world.call("math/add", rpc::kInbound);
  CHECK(world.caller.code == Errc::kDraining);
  world.call("math/add");
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("a payload over the limit is refused") {
  World world;
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  world.body.assign((4U << 20) + 1, 'x');
  world.call("math/add");
  CHECK(world.caller.code == Errc::kTooLarge);
  CHECK(math.calls == 0);
}

TEST_CASE("calls in flight are bounded") {
  World world;
  calls::Options options;
  options.open_limit = 4;
  calls::Dispatcher small(options, world.registry, world.clock, world.executor);
  FakeProvider math;
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  rpc::Request request;
  request.network = "main";
  request.path = "math/add";
  for (int i = 0; i < 5; ++i) {
    small.call(request, {&world.caller, {}});
  }
  CHECK(math.calls == 4);
  CHECK(world.caller.code == Errc::kOverloaded);
}

TEST_CASE("a remote provider after a local one is not told what the local one matched") {
  World world;
  FakeProvider local, remote;
  local.refuse_with(Errc::kServicePaused);
  remote.inline_reply = success();
  REQUIRE(world.registry.put_local(service("users", {"{id}/profile"}), &local));
  world.add_node(1, remote, service("users", {"{id}/profile"}));
  world.call("users/42/profile");
  CHECK(local.params == std::vector<std::string>{"id=42"});
  CHECK(remote.calls == 1);
  CHECK(remote.pattern.empty());
  CHECK(remote.params.empty());
  CHECK(world.caller.code == Errc{});
}

TEST_CASE("calls are counted whether they were taken, refused or are pending") {
  World world;
  FakeProvider math, slow;
  math.inline_reply = success();
  REQUIRE(world.registry.put_local(service("math", {"add"}), &math));
  REQUIRE(world.registry.put_local(service("slow", {"do"}), &slow));
  for (int i = 0; i < 10; ++i) {
    world.call("math/add");
  }
  world.call("math/add", 0, 0ms);
  world.call("nobody/here");
  world.call("slow/do");
  const calls::Stats stats = world.dispatcher.stats();
  CHECK(stats.calls == 13);
  CHECK(stats.failed == 2);
  CHECK(stats.open == 1);
}
