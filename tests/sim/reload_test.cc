// Another certificate and other trust while links live.
#include <catch2/catch_test_macros.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using testing::link_up;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

TEST_CASE("new trust is for new links: those that live go on, a foreign node is let in from now") {
  SimNetwork network(1);
  const testing::TestCa other;
  SimNode node(network, {.name = "node"});
  SimNode before(network, {.name = "before"});
  REQUIRE(link_up(network, before, node));
  const testing::SimSettings foreign{.name = "after", .issuer = &other, .trusted = &network.ca};
  SimNode after(network, foreign);
  after.dial(node);
  REQUIRE(network.run_until([&] { return !after.events.dials.empty(); }));
  CHECK_FALSE(after.events.dials[0].second.has_value());

  node.hub->set_tls(node.identity.tls(other));
  REQUIRE(link_up(network, after, node));
  Waiter waiter;
  before.remote().call(sim_request("echo", "x"), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().ok());
  CHECK(node.hub->stats().links == 2);

  before.crash();
  before.restart(2);
  before.dial(node);
  REQUIRE(network.run_until([&] { return before.events.dials.size() == 2; }));
  CHECK_FALSE(before.events.dials[1].second.has_value());
}
