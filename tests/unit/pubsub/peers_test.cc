// Events to and from peers.
#include <catch2/catch_test_macros.hpp>

#include "broker_world.h"

using namespace runard;
using namespace runard::test::events;
using namespace std::chrono_literals;
using core::Errc;

TEST_CASE("an event for this node only, or for one peer, goes nowhere else") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.add_peer(2, {{"main", "a", ""}});
  const auto here = world.subscribe("a");
  rpc::PublishOptions options;
  options.broadcast = false;
  CHECK(world.publish("a", "x", options).reached == 1);
  CHECK(world.peers.sent.empty());
  options = {};
  options.target.bytes[0] = 2;
  CHECK(world.publish("a", "y", options).reached == 1);
  CHECK(world.peers.sent == Lines{"2 a all"});
  CHECK(drain(*here) == Lines{"a=x"});
}

TEST_CASE("an event from a peer is delivered here and sent to nobody") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  const auto plain = world.subscribe("a");
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto grouped = world.subscribe("a", options);
  rpc::Event event;
  event.network = "main";
  event.topic = "a";
  event.flags = rpc::kRemoteEvent;
  event.sequence = 77;
  event.ungrouped = true;
  world.broker.publish(event, {});
  CHECK(drain(*plain).size() == 1);
  CHECK(drain(*grouped).empty());
  const std::string_view groups[] = {"g"};
  event.groups = groups;
  event.ungrouped = false;
  world.broker.publish(event, {});
  CHECK(drain(*plain).empty());
  CHECK(drain(*grouped).size() == 1);
  CHECK(world.peers.sent.empty());
}

TEST_CASE("a peer without room or link is counted, the others get the event") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  const auto here = world.subscribe("a");
  for (const auto answer : {pubsub::EventPeers::Sent::kNoRoom, pubsub::EventPeers::Sent::kNoLink}) {
    world.peers.answer = answer;
    CHECK(world.publish("a").reached == 1);
  }
  CHECK(world.broker.stats().peer_losses == 2);
  CHECK(drain(*here).size() == 2);
}

TEST_CASE("an event that only peers without room want is refused, and its number is not spent") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  CHECK(world.publish("a").reached == 1);
  world.peers.answer = pubsub::EventPeers::Sent::kNoRoom;
  for (int i = 0; i < 3; ++i) {
    CHECK(world.publish("a").code == Errc::kBackpressure);
  }
  CHECK(world.broker.stats().refused == 3);
  CHECK(world.broker.stats().published == 1);
  CHECK(world.broker.stats().peer_losses == 0);
  const auto here = world.subscribe("a");
  world.publish("a");
  rpc::Delivery delivery;
  REQUIRE(here->pop(delivery));
  CHECK(delivery.event->sequence == 2);
}

TEST_CASE("an event whose only peer has no link is nobody's, not refused") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.peers.answer = pubsub::EventPeers::Sent::kNoLink;
  const rpc::Receipt receipt = world.publish("a");
  CHECK(receipt.code == Errc{});
  CHECK(receipt.reached == 0);
}

TEST_CASE("an event that is retained is taken though the peers have no room") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.peers.answer = pubsub::EventPeers::Sent::kNoRoom;
  rpc::PublishOptions options;
  options.retain_for = 10s;
  CHECK(world.publish("a", "x", options).code == Errc{});
  CHECK(world.broker.stats().peer_losses == 1);
}
