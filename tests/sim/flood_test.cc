// Floods of strangers: what one source sends costs that source, not the others.
#include <catch2/catch_test_macros.hpp>

#include "support/allocated.h"
#include "support/raw_peer.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::link_up;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// Sends `packets` each millisecond, from one address or from a new one each time.
class Flood final : public testing::SimParty {
 public:
  Flood(SimNetwork& network, const SimNode& target, int packets)
      : network_(network), target_(target), packets_(packets), next_(network.clock.now()) {
    network.join(*this);
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;
  ~Flood() override { network_.leave(*this); }

  const transport::Address& address() const override { return address_; }
  void receive(const transport::Datagram&) override { ++answers; }
  core::TimePoint expiry() const override { return next_; }
  void work() override {
    next_ = network_.clock.now() + 1ms;
    for (int i = 0; i < packets_; ++i) {
      Bytes packet(1200);
      random_.fill(packet);
      std::copy(head.begin(), head.end(), packet.begin());
      if (many_sources) {
        address_ = *transport::Address::parse("172.16." + std::to_string(random_.below(256)) + "." +
                                              std::to_string(random_.below(256)) + ":1000");
      }
      network_.carry(address_, target_.address(), packet, 0);
    }
  }

  Bytes head{0xc0, 0, 0, 0, 1, 16};  // an Initial of version 1, its id is random
  bool many_sources = false;
  std::uint64_t answers = 0;

 private:
  SimNetwork& network_;
  const SimNode& target_;
  const int packets_;
  core::SeededRandom random_{1};
  core::TimePoint next_;
  transport::Address address_ = *transport::Address::parse("172.16.0.1:1000");
};

}  // namespace

TEST_CASE("a flood of first packets from one source keeps nobody else from joining") {
  SimNetwork network(1);
  SimNode node(network, {.name = "node"});
  SimNode before(network, {.name = "before"});
  REQUIRE(link_up(network, before, node));
  const Flood flood(network, node, 1000);  // a million a second
  network.run_for(200ms);
  const std::size_t begun = testing::allocated_bytes();
  network.run_for(800ms);
  CHECK(testing::allocated_bytes() < begun + 64 * 1024);
  SimNode honest(network, {.name = "honest"});
  const core::TimePoint begin = network.clock.now();
  REQUIRE(link_up(network, honest, node));
  CHECK(network.clock.now() - begin < 50ms);

  testing::Waiter waiter;
  before.remote().call(testing::sim_request("echo", "x"), waiter.responder());
  const core::TimePoint asked = network.clock.now();
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(network.clock.now() - asked < 5ms);
  CHECK(node.hub->stats().initials_dropped > 900'000);
  CHECK(node.hub->stats().links == 2);
}

TEST_CASE("a flood of first packets from everywhere ends no link, and stops with the flood") {
  SimNetwork network(2);
  SimNode node(network, {.name = "node"});
  SimNode before(network, {.name = "before"});
  REQUIRE(link_up(network, before, node));
  {
    Flood flood(network, node, 100);
    flood.many_sources = true;
    network.run_for(1s);
    const std::size_t begun = testing::allocated_bytes();
    network.run_for(2s);
    CHECK(testing::allocated_bytes() < begun + 64 * 1024);
    testing::Waiter waiter;
    before.remote().call(testing::sim_request("echo", "x"), waiter.responder());
    REQUIRE(network.run_until([&] { return waiter.done(); }));
    CHECK(waiter.reply().ok());
    CHECK(node.hub->stats().half_open <= transport::Limits{}.half_open);
  }
  CHECK(node.has_link());
  network.run_for(1s);
  SimNode honest(network, {.name = "honest"});
  REQUIRE(link_up(network, honest, node));
}

TEST_CASE("a source whose handshakes fail again and again is slowed down, another one is not") {
  SimNetwork network(3);
  const testing::TestCa other;
  testing::SimSettings settings{.name = "node"};
  settings.limits.stranger_handshakes = {5, 2};
  SimNode node(network, settings);
  const testing::TestIdentity identity(other, {"foreign", {"main"}});
  testing::RawPeer foreign(network, identity.tls(network.ca));
  const core::TimePoint end = network.clock.now() + 10s;
  while (network.clock.now() < end) {
    foreign.ended.reset();
    foreign.dial(node.address());
    network.run_until([&] { return foreign.ended.has_value(); }, 200ms);
  }
  CHECK(node.hub->stats().handshakes_failed >= 5);
  CHECK(node.hub->stats().handshakes_failed <= 5 + 2 * 11);
  SimNode honest(network, {.name = "honest"});
  const core::TimePoint begin = network.clock.now();
  REQUIRE(link_up(network, honest, node));
  CHECK(network.clock.now() - begin < 50ms);
}

TEST_CASE("strangers in the midst of a handshake take no peer's place") {
  SimNetwork network(4);
  testing::SimSettings settings{.name = "node"};
  settings.limits.links = 1;
  SimNode node(network, settings);
  SimNode silent(network, {.name = "silent"});
  std::vector<Bytes> first_flight;
  network.on_datagram = [&](const transport::Address& from, const transport::Address&,
                            core::ByteView bytes) {
    if (from == silent.address()) {
      first_flight.emplace_back(bytes.begin(), bytes.end());
    }
    return from != silent.address();
  };
  silent.dial(node);
  REQUIRE(network.run_until([&] { return first_flight.size() >= 2; }));
  for (const Bytes& packet : first_flight) {
    node.receive({packet, silent.address(), {}, 0});
  }
  node.woken = true;
  network.run_for(10ms);
  CHECK(node.hub->stats().half_open == 1);
  SimNode honest(network, {.name = "honest"});
  REQUIRE(link_up(network, honest, node));
}

TEST_CASE("a node has so many links as its limit says, and takes the next when one goes") {
  SimNetwork network(5);
  testing::SimSettings settings{.name = "node"};
  settings.limits.links = 2;
  SimNode node(network, settings);
  std::vector<std::unique_ptr<SimNode>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<SimNode>(network, testing::SimSettings{.name = "other"}));
    others.back()->dial(node);  // all at once: no handshake is over when the others begin
  }
  network.run_for(7s);
  CHECK(node.hub->stats().links == 2);
  std::size_t linked = 0;
  for (const auto& other : others) {
    linked += other->has_link() ? 1 : 0;
    if (!other->has_link()) {
      CHECK(other->events.ups.empty());
      REQUIRE(other->events.dials.size() == 1);
      REQUIRE_FALSE(other->events.dials[0].second.has_value());
      CHECK(other->events.dials[0].second.error().code == Errc::kOverloaded);
    }
  }
  CHECK(linked == 2);
  for (const auto& other : others) {
    if (!other->has_link()) {
      other->dial(node);  // dropped from the first packet on: all links are in use
    }
  }
  network.run_for(7s);
  CHECK(node.hub->stats().links == 2);
  node.hub->close(node.events.ups[0].link, core::fail(Errc::kDraining, "bye"));
  node.woken = true;
  network.run_for(1s);
  for (const auto& other : others) {
    if (other->events.ups.empty()) {
      other->dial(node);
    }
  }
  REQUIRE(network.run_until([&] { return node.hub->stats().links == 2; }));
}

TEST_CASE("a flood of stray packets from one source takes nobody else's reset") {
  SimNetwork network(6);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  Flood flood(network, b, 100);
  flood.head = {0x41};
  network.run_for(1s);
  CHECK(flood.answers <= 32 + 16 + 1);
  b.crash();
  b.restart(2);
  testing::Waiter waiter;
  const core::TimePoint begin = network.clock.now();
  a.remote().call(testing::sim_request("echo", std::string(100, 'x')), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(network.clock.now() - begin < 5ms);
  CHECK(a.hub->stats().resets_received == 1);
}

TEST_CASE("dials that nobody answers keep nobody out who dials this node") {
  SimNetwork network(1);
  transport::Limits limits;
  limits.links = 4;
  SimNode node(network, {.name = "node", .limits = limits});
  SimNode honest(network, {.name = "honest"});
  std::vector<transport::Address> dead;
  for (int i = 0; i < 8; ++i) {
    dead.push_back(*transport::Address::parse("10.66.0." + std::to_string(i) + ":1"));
  }
  node.dial(dead);
  network.run_for(500ms);
  REQUIRE(node.hub->stats().dials == dead.size());
  CHECK(link_up(network, honest, node));
  network.run_for(10s);
  CHECK(node.hub->stats().links == 1);
}
