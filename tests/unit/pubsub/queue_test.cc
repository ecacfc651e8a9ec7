// A subscription's queue: order, bounds, and what happens when it is full.
#include <catch2/catch_test_macros.hpp>

#include "broker_world.h"

using namespace runard;
using namespace runard::test::events;
using namespace std::chrono_literals;
using core::Errc;
using rpc::Overflow;

TEST_CASE("the consumer is woken once for each change from empty") {
  World world;
  const auto queue = world.subscribe("a");
  world.publish("a");
  world.publish("a");
  CHECK(world.consumer.wakes == 1);
  drain(*queue);
  world.publish("a");
  CHECK(world.consumer.wakes == 2);
}

TEST_CASE("a full queue drops the oldest, and the next delivery says so") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 2;
  const auto queue = world.subscribe("a", options);
  for (const char* body : {"1", "2", "3", "4"}) {
    world.publish("a", body);
  }
  CHECK(drain(*queue) == Lines{"a=3 gap", "a=4"});
  CHECK(queue->dropped() == 2);
}

TEST_CASE("what a subscriber lost is counted under its name, also when it is gone") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.subscriber = "main:slow";
  auto first = world.subscribe("a", options);
  const auto second = world.subscribe("a", options);
  options.subscriber = "main:newest";
  options.overflow = Overflow::kDropNewest;
  const auto newest = world.subscribe("a", options);
  const auto other = world.subscribe("a");
  CHECK(world.broker.losses().empty());
  for (const char* body : {"1", "2", "3"}) {
    world.publish("a", body);
  }
  const pubsub::Broker::Losses lost = {{"main:slow", 4}, {"main:newest", 2}};
  CHECK(world.broker.losses() == lost);
  first.reset();
  CHECK(world.broker.losses() == lost);
  CHECK(world.broker.stats().lost == 6);
  CHECK(world.broker.stats().delivered == 6);  // each the last one, or the first, and all three
}

TEST_CASE("a full queue drops the newest") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 2;
  options.overflow = Overflow::kDropNewest;
  const auto queue = world.subscribe("a", options);
  for (const char* body : {"1", "2", "3"}) {
    world.publish("a", body);
  }
  CHECK(drain(*queue) == Lines{"a=1", "a=2"});
  world.publish("a", "4");
  CHECK(drain(*queue) == Lines{"a=4 gap"});
}

TEST_CASE("a full queue disconnects its subscriber") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kDisconnect;
  const auto queue = world.subscribe("a", options);
  world.publish("a");
  world.publish("a");
  CHECK(queue->closed());
  CHECK(drain(*queue).empty());
  CHECK(queue->dropped() == 2);
}

TEST_CASE("a full blocking queue makes the publisher busy, and nobody gets the event") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kBlock;
  const auto other = world.subscribe("a");
  const auto blocking = world.subscribe("a", options);
  CHECK(world.publish("a", "1").code == Errc{});
  CHECK(world.publish("a", "2").code == Errc::kBackpressure);
  CHECK(drain(*other) == Lines{"a=1"});
  CHECK(drain(*blocking) == Lines{"a=1"});
  CHECK(world.publish("a", "3").code == Errc{});
  CHECK(drain(*other) == Lines{"a=3"});
}

TEST_CASE("a delivery counts against the queue until it is done") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kBlock;
  const auto queue = world.subscribe("a", options);
  world.publish("a", "1");
  rpc::Delivery delivery;
  REQUIRE(queue->pop(delivery));
  CHECK(world.publish("a", "2").code == Errc::kBackpressure);
  queue->done(delivery.token, rpc::Verdict::kOk);
  CHECK(world.publish("a", "2").code == Errc{});
}

TEST_CASE("a queue is bounded in bytes too, but one event always fits") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_bytes = 1000;
  const auto queue = world.subscribe("a", options);
  world.publish("a", std::string(5000, 'x'));
  CHECK(drain(*queue).size() == 1);
  for (int i = 0; i < 10; ++i) {
    world.publish("a", std::string(300, 'x'));
  }
  CHECK(drain(*queue).size() == 1);
}
