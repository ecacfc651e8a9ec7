// Who gets an event, and what is refused.
#include <catch2/catch_test_macros.hpp>

#include "broker_world.h"

using namespace runard;
using namespace runard::test::events;
using namespace std::chrono_literals;
using core::Errc;

TEST_CASE(
    "events reach fitting subscriptions in order, with their real topic and growing sequences") {
  World world;
  const auto all = world.subscribe("math/*");
  const auto one = world.subscribe("math/result");
  const auto other = world.subscribe("users/>");
  CHECK(world.publish("math/result", "1").reached == 2);
  CHECK(world.publish("math/other", "2").reached == 1);
  world.publish("math/result", "3");
  CHECK(drain(*all) == Lines{"math/result=1", "math/other=2", "math/result=3"});
  CHECK(drain(*one) == Lines{"math/result=1", "math/result=3"});
  CHECK(drain(*other).empty());
}

TEST_CASE("dropping the queue ends the subscription, and only that one") {
  World world;
  auto first = world.subscribe("a");
  const auto second = world.subscribe("a");
  first.reset();
  CHECK(world.publish("a").reached == 1);
  CHECK(drain(*second) == Lines{"a=x"});
  CHECK(world.broker.stats().subscriptions == 1);
}

TEST_CASE(
    "retained events are replayed oldest first, within the age asked for and the publisher's "
    "time") {
  World world;
  rpc::PublishOptions minute, second;
  minute.retain_for = 60s;
  second.retain_for = 1s;
  world.publish("a/1", "old", minute);
  world.clock.advance(30s);
  world.publish("a/2", "short", second);
  world.publish("a/1", "new", minute);
  world.publish("a/3", "live only");
  world.clock.advance(2s);
  rpc::SubscribeOptions options;
  options.include_past = 10s;
  CHECK(drain(*world.subscribe("a/*", options)) == Lines{"a/1=new past"});
  options.include_past = 100s;
  CHECK(drain(*world.subscribe("a/>", options)) == Lines{"a/1=old past", "a/1=new past"});
  CHECK(drain(*world.subscribe("a/>")).empty());
}

TEST_CASE("one member of a group gets an event, in turn") {
  World world;
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto first = world.subscribe("a", options);
  const auto second = world.subscribe("a", options);
  for (int i = 0; i < 10; ++i) {
    CHECK(world.publish("a").reached == 1);
  }
  CHECK(drain(*first).size() == 5);
  CHECK(drain(*second).size() == 5);
}

TEST_CASE(
    "each node that wants a topic gets one copy, naming its groups; groups prefer this node") {
  World world;
  world.add_peer(1, {{"main", "a", ""}, {"main", "*", ""}, {"main", "a", "g"}});
  world.add_peer(2, {{"main", "a", "g"}});
  world.add_peer(3, {{"main", "b", ""}});
  world.add_peer(4, {{"backup", "a", ""}});
  world.publish("a");
  REQUIRE_FALSE(world.peers.sent.empty());
  CHECK(world.peers.sent[0].starts_with("1 a all"));
  world.peers.sent.clear();
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto local = world.subscribe("a", options);
  world.publish("a");
  CHECK(world.peers.sent == Lines{"1 a all"});
  CHECK(drain(*local) == Lines{"a=x"});
}

TEST_CASE("bad topics, foreign networks and promises that can't be kept are refused") {
  World world;
  CHECK(world.publish("a/*").code == Errc::kBadTopic);
  CHECK(world.publish("").code == Errc::kBadTopic);
  CHECK(world.publish("other:a").code == Errc::kDenied);
  rpc::PublishOptions options;
  options.guaranteed = true;
  CHECK(world.publish("a", "x", options).code == Errc::kNotInThisVersion);
  CHECK(world.publish("$registry/peer/x/discovered").code == Errc::kReservedPath);
  rpc::Event forged;
  forged.network = "main";
  forged.topic = "$registry/peer/x/discovered";
  forged.flags = rpc::kRemoteEvent;
  const auto listener = world.subscribe("$registry/>");
  CHECK(world.broker.publish(forged, {}).code == Errc::kReservedPath);
  CHECK(drain(*listener).empty());
  options = {};
  options.system = true;
  CHECK(world.publish("$registry/peer/x/discovered", "x", options).reached == 1);
  rpc::SubscribeOptions bad;
  bad.network = "main";
  bad.pattern = "a/>/b";
  CHECK(world.broker.subscribe(bad, world.consumer).error().code == Errc::kBadPattern);
  bad.pattern = "other:a";
  CHECK(world.broker.subscribe(bad, world.consumer).error().code == Errc::kDenied);
}

TEST_CASE("sequences count by one for each publisher and topic") {
  World world;
  const auto queue = world.subscribe(">");
  world.publish("a");
  world.publish("b");
  world.publish("a");
  rpc::Delivery first, second, third;
  REQUIRE((queue->pop(first) && queue->pop(second) && queue->pop(third)));
  CHECK(first.event->sequence == 1);
  CHECK(second.event->sequence == 1);
  CHECK(third.event->sequence == 2);
  CHECK(first.event->instance == third.event->instance);
  CHECK(first.event->instance != second.event->instance);
}

TEST_CASE(
    "a burst of topics does not grow the store, and a forgotten topic begins a new instance") {
  pubsub::TopicStore store;
  std::atomic<std::uint64_t> instances{1};
  const auto first = store.next("main", "a", "p", 1U << 20, instances);
  for (std::size_t i = 0; i <= pubsub::TopicStore::kMaxTopics; ++i) {
    store.next("main", std::to_string(i), "p", 1U << 20, instances);
  }
  const auto again = store.next("main", "a", "p", 1U << 20, instances);
  CHECK(first.sequence == 1);
  CHECK(first.instance == (1U << 20 | 1));
  CHECK(again.sequence == 1);
  CHECK(again.instance == (1U << 20 | (pubsub::TopicStore::kMaxTopics + 3)));
}

TEST_CASE("topics that differ only in where network, topic and publisher end are different ones") {
  pubsub::TopicStore store;
  std::atomic<std::uint64_t> instances{1};
  const std::string long_topic(1000, 't');
  CHECK(store.next("main", "a", "bc", 0, instances).sequence == 1);
  CHECK(store.next("main", "ab", "c", 0, instances).sequence == 1);
  CHECK(store.next("maina", "b", "c", 0, instances).sequence == 1);
  CHECK(store.next("main", long_topic, "c", 0, instances).sequence == 1);
  CHECK(store.next("main", long_topic, "c", 0, instances).sequence == 2);
  CHECK(store.next("main", "a", "bc", 0, instances).sequence == 2);
}
