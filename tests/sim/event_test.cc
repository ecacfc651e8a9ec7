// Events over the simulated network: lanes.
#include <catch2/catch_test_macros.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using testing::link_up;
using testing::SimNetwork;
using testing::SimNode;

namespace {

core::Result<void> publish(SimNode& node, std::uint64_t lane, std::uint64_t sequence,
                           std::string_view payload) {
  transport::OutgoingEvent event;
  event.header.network = testing::network_of("main");
  event.header.topic = "math/added";
  event.header.publisher = "math";
  event.header.sequence = sequence;
  event.payload = core::as_bytes(payload);
  return node.remote().publish(lane, event);
}

}  // namespace

TEST_CASE("events of a lane arrive in order and once, in bad weather too") {
  SimNetwork network(5);
  network.weather = {5ms, 20ms, 10, 10, 65535};
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  for (std::uint64_t i = 0; i < 600; ++i) {
    const std::string payload(i * 7 % 3000, static_cast<char>('a' + i % 26));
    while (!publish(a, i % 3, i, payload)) {
      network.run_for(10ms);
    }
  }
  REQUIRE(network.run_until([&] { return b.sink.events.size() == 600; }));
  std::uint64_t next[3] = {0, 1, 2};
  for (const testing::GotEvent& event : b.sink.events) {
    CHECK(event.sequence == next[event.lane]);
    CHECK(event.payload.size() == event.sequence * 7 % 3000);
    CHECK(event.source == a.identity.id);
    next[event.lane] += 3;
  }
}

TEST_CASE("an event carries its groups and metadata") {
  SimNetwork network(6);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  const std::string_view groups[] = {"audit", "billing"};
  transport::OutgoingEvent event;
  event.header.network = testing::network_of("main");
  event.header.topic = "t";
  event.groups = groups;
  REQUIRE(a.remote().publish(0, event).has_value());
  REQUIRE(network.run_until([&] { return b.sink.events.size() == 1; }));
  CHECK(b.sink.events[0].groups == std::vector<std::string>{"audit", "billing"});
  CHECK(b.sink.events[0].topic == "t");
}

TEST_CASE("events larger than a lane's window arrive") {
  SimNetwork network(7);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::string big(3'000'000 + i, 'e');
    REQUIRE(network.run_until([&] { return publish(a, 0, 2 * i, big).has_value(); }));
    REQUIRE(network.run_until([&] { return publish(a, 0, 2 * i + 1, "small").has_value(); }));
  }
  REQUIRE(network.run_until([&] { return b.sink.events.size() == 10; }));
  CHECK(b.sink.events[8].payload.size() == 3'000'004);
  CHECK(b.sink.events[9].payload == "small");
  CHECK(publish(a, 0, 0, std::string(4 * 1024 * 1024 + 1, 'x')).error().code == Errc::kTooLarge);
}

TEST_CASE("a lane that the sink leaves standing stops its publisher, and no other lane") {
  SimNetwork network(8);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  b.sink.hold = true;
  const std::string payload(1000, 'p');
  std::uint64_t taken = 0;
  for (int refused = 0; refused < 5;) {  // what fits into the peer's window gives room again
    if (publish(a, 0, taken, payload)) {
      ++taken;
      refused = 0;
    } else {
      ++refused;
      network.run_for(100ms);
    }
  }
  CHECK(publish(a, 0, taken, payload).error().code == Errc::kBackpressure);
  const transport::Limits limits;
  CHECK(taken * 1000 < limits.lane_bytes + limits.lane_window);
  CHECK(a.remote().lane_bytes(0) <= limits.lane_bytes);

  // Requests pass by, and so does another lane once its sink takes it.
  testing::Waiter waiter;
  a.remote().call(testing::sim_request("echo", "x"), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  b.sink.hold = false;
  REQUIRE(publish(a, 1, 0, "other").has_value());
  REQUIRE(network.run_until([&] { return b.sink.events.size() == 1; }));
  CHECK(b.sink.events[0].lane == 1);
  network.run_for(1s);
  CHECK(b.sink.events.size() == 1);

  b.hub->resume(b.events.ups[0].link, 0);
  b.woken = true;
  REQUIRE(network.run_until([&] { return b.sink.events.size() == taken + 1; }));
  network.run_for(100ms);
  CHECK(a.remote().lane_bytes(0) == 0);
}

TEST_CASE("a lane number or a field beyond its limit is refused at the publisher") {
  SimNetwork network(9);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  CHECK(publish(a, transport::Limits{}.lane_streams, 0, "x").error().code ==
        Errc::kInvalidArgument);
  transport::OutgoingEvent event;
  const std::string topic(wire::kMaxTopic + 1, 't');
  event.header.topic = topic;
  CHECK(a.remote().publish(0, event).error().code == Errc::kInvalidArgument);
}

TEST_CASE("publishing to a link that is gone fails") {
  SimNetwork network(10);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  REQUIRE(publish(a, 0, 0, "x").has_value());
  a.hub->close(a.events.ups[0].link, core::fail(Errc::kDraining, "bye"));
  a.woken = true;
  REQUIRE(network.run_until([&] { return !a.has_link(); }));
  CHECK(publish(a, 0, 1, "x").error().code == Errc::kLinkLost);
  CHECK(publish(a, 1, 1, "x").error().code == Errc::kLinkLost);
}
