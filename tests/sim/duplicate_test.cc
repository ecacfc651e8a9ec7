// Two links between two nodes: one is kept, the same on both sides, and nothing is lost by it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

TEST_CASE("dials that cross leave one link, the lower node id's, on both sides") {
  SimNetwork network(static_cast<std::uint64_t>(GENERATE(range(1, 31))));
  network.weather = {5ms, 20ms, 5, 5, 65535};
  SimNode& a = network.add({.name = "a"});
  SimNode& b = network.add({.name = "b"});
  a.dial(b.options.local);
  b.dial(a.options.local);
  REQUIRE(
      network.run_until([&] { return a.events.dials.size() == 1 && b.events.dials.size() == 1; }));
  CHECK(a.events.dials[0].second.has_value());
  CHECK(b.events.dials[0].second.has_value());
  network.run_for(15s);

  REQUIRE(a.has_link());
  REQUIRE(b.has_link());
  CHECK(a.events.ups.size() - a.events.downs.size() == 1);
  CHECK(b.events.ups.size() - b.events.downs.size() == 1);
  const bool a_is_lower = a.identity.id < b.identity.id;
  CHECK(a.events.ups.back().peer.dialled == a_is_lower);
  CHECK(b.events.ups.back().peer.dialled == !a_is_lower);

  Waiter there;
  Waiter back;
  a.remote().call(sim_request("echo", "1"), there.responder());
  b.remote().call(sim_request("echo", "2"), back.responder());
  REQUIRE(network.run_until([&] { return there.done() && back.done(); }));
  CHECK(there.reply().ok());
  CHECK(back.reply().ok());
}

TEST_CASE("a later dial on purpose replaces the link, and calls in progress finish") {
  SimNetwork network(static_cast<std::uint64_t>(GENERATE(range(1, 11))));
  network.weather = {5ms, 10ms, 5, 0, 65535};
  SimNode& a = network.add({.name = "a"});
  SimNode& b = network.add({.name = "b"});
  a.dial(b.options.local);
  REQUIRE(network.run_until([&] { return a.has_link() && b.has_link(); }));

  Waiter held;
  a.remote().call(sim_request("hold", ""), held.responder());
  REQUIRE(network.run_until([&] { return b.handler.asked.size() == 1; }));

  // Renewal: whoever dials later wins, also the node with the greater id.
  (a.identity.id < b.identity.id ? b : a)
      .dial((a.identity.id < b.identity.id ? a : b).options.local);
  REQUIRE(network.run_until([&] { return a.events.ups.size() == 2 && b.events.ups.size() == 2; }));
  CHECK(a.events.downs.empty());
  Waiter fresh;
  a.remote().call(sim_request("echo", "new"), fresh.responder());
  REQUIRE(network.run_until([&] { return fresh.done(); }));
  CHECK(fresh.reply().payload == "new");

  b.handler.asked[0].responder(
      rpc::Reply::success(rpc::Payload::borrow(core::as_bytes("late"), rpc::Encoding::kText)));
  REQUIRE(network.run_until([&] { return held.done(); }));
  CHECK(held.reply().payload == "late");
  REQUIRE(
      network.run_until([&] { return a.events.downs.size() == 1 && b.events.downs.size() == 1; }));
  CHECK(a.events.downs[0].first == a.events.ups[0].link);
  CHECK(a.events.downs[0].second.code == Errc::kDuplicateLink);
  CHECK(a.has_link());
}

TEST_CASE("several addresses of one node are raced and one link is left") {
  SimNetwork network(3);
  SimNode& a = network.add({.name = "a"});
  SimNode& b = network.add({.name = "b"});
  const transport::DialId dial = a.hub->next_dial();
  a.hub->dial(dial,
              {*transport::Address::parse("10.9.9.1:1"), *transport::Address::parse("10.9.9.2:1"),
               b.options.local},
              std::nullopt);
  a.woken = true;
  const core::TimePoint begin = network.clock.now();
  REQUIRE(network.run_until([&] { return !a.events.dials.empty(); }));
  CHECK(a.events.dials[0].second.has_value());
  CHECK(network.clock.now() - begin < 100ms);
  network.run_for(10s);
  CHECK(a.has_link());
  CHECK(a.hub->stats().dials == 3);
}
