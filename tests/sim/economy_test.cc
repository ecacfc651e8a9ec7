// What traffic costs: datagrams, and when the peer gets them.
#include <catch2/catch_test_macros.hpp>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using testing::link_up;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

// Counts what a node sends from now on.
struct Counted {
  explicit Counted(SimNode& node) : network(node.network) {
    network.on_datagram = [this, &node](const auto& from, const auto&, core::ByteView) {
      datagrams += from == node.address() ? 1 : 0;
      return true;
    };
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { network.on_datagram = nullptr; }
  SimNetwork& network;
  std::size_t datagrams = 0;
};

}  // namespace

TEST_CASE("a reply to a near peer is one datagram, however long its handler takes") {
  SimNetwork network(1);
  network.weather.delay = 20us;
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(2s);  // the path is explored
  const std::size_t count = 200;
  const Counted replies(b);
  for (std::size_t i = 0; i < count; ++i) {
    Waiter waiter;
    a.remote().call(sim_request("hold", "x"), waiter.responder());
    REQUIRE(network.run_until([&] { return b.handler.asked.size() > i; }));
    network.run_for(100us);
    b.handler.asked[i].responder(rpc::Reply::success({}));
    b.woken = true;
    REQUIRE(network.run_until([&] { return waiter.done(); }));
  }
  CHECK(replies.datagrams >= count);
  CHECK(replies.datagrams <= count + count / 5);  // some acknowledgements, some credit
}

TEST_CASE("a near peer hears within some milliseconds that its last packet arrived") {
  SimNetwork network(2);
  network.weather.delay = 20us;
  Waiter waiter;  // outlives the nodes, which answer it at their end
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(2s);
  const core::TimePoint asked = network.clock.now();
  a.remote().call(sim_request("hold", "x"), waiter.responder());
  const Counted acknowledgements(b);
  network.run_until([&] { return acknowledgements.datagrams > 0; }, 3ms);
  const core::TimePoint heard = network.clock.now();
  network.run_for(20ms);
  CHECK(acknowledgements.datagrams == 1);  // so there was no repetition
  CHECK(heard - asked <= 2ms);
}

TEST_CASE("answers to a large batch of requests go out in shares") {
  SimNetwork network(3);
  network.weather.delay = 20us;
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  network.run_for(2s);
  std::vector<Waiter> waiters(100);
  for (Waiter& waiter : waiters) {
    a.remote().call(sim_request("echo", "x"), waiter.responder());
  }
  std::uint64_t calls_at_first = 0;
  network.on_datagram = [&](const auto& from, const auto&, core::ByteView) {
    if (from == b.address() && calls_at_first == 0) {
      calls_at_first = b.handler.calls;
    }
    return true;
  };
  REQUIRE(network.run_until([&] { return b.handler.calls == waiters.size(); }));
  CHECK(calls_at_first == transport::RequestTable::kShare);
  REQUIRE(network.run_until([&] { return waiters.back().done(); }));
  for (Waiter& waiter : waiters) {
    CHECK(waiter.reply().ok());
  }
  network.on_datagram = nullptr;
}
