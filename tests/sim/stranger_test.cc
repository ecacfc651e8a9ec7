// Strangers: who may begin a handshake, who gets through it, and what all others cost.
#include <ngtcp2/ngtcp2.h>
#include <catch2/catch_test_macros.hpp>

#include "support/raw_peer.h"
#include "wire/request.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::link_up;
using testing::RawPeer;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// How a dial between two such nodes ends at the dialler; both must stay without a link.
core::Errc refused(const testing::SimSettings& dialler, const testing::SimSettings& acceptor,
                   SimNetwork& network) {
  SimNode a(network, dialler);
  SimNode b(network, acceptor);
  a.dial(b);
  network.run_until([&] { return !a.events.dials.empty(); }, 12s);
  REQUIRE(a.events.dials.size() == 1);
  REQUIRE_FALSE(a.events.dials[0].second.has_value());
  network.run_for(1s);
  CHECK(a.events.ups.empty());
  CHECK(b.events.ups.empty());
  CHECK(b.hub->stats().half_open == 0);
  return a.events.dials[0].second.error().code;
}

// Catches the first packets of diallers that nobody answers.
struct Initials {
  explicit Initials(SimNetwork& network) {
    network.on_datagram = [this](const transport::Address& from, const transport::Address& to,
                                 core::ByteView bytes) {
      if (to == nowhere && (bytes[0] & 0x80) != 0) {
        caught.push_back({{bytes.begin(), bytes.end()}, from});
        return false;
      }
      return true;
    };
  }
  struct Caught {
    Bytes bytes;
    transport::Address from;
  };
  transport::Address nowhere = *transport::Address::parse("10.9.9.9:1");
  std::vector<Caught> caught;
};

}  // namespace

TEST_CASE("a certificate of another CA is refused, in both roles") {
  SimNetwork network(1);
  const testing::TestCa other;
  const testing::SimSettings good{.name = "good"};
  const testing::SimSettings foreign{.name = "foreign", .issuer = &other};
  // The acceptor's is judged by the dialler itself.
  CHECK(refused(good, foreign, network) == Errc::kCertificateUntrusted);
  // The dialler's is judged by the acceptor: the dialler must not believe it is through before.
  CHECK(refused(foreign, good, network) == Errc::kHandshakeFailed);
}

TEST_CASE("a certificate that is expired or not yet valid is refused, in both roles") {
  SimNetwork network(2);
  const testing::SimSettings good{.name = "good"};
  const testing::SimSettings expired{.name = "old", .not_before = -7200, .not_after = -3600};
  const testing::SimSettings early{.name = "early", .not_before = 3600, .not_after = 7200};
  CHECK(refused(good, expired, network) == Errc::kCertificateExpired);
  CHECK(refused(expired, good, network) == Errc::kCertificateExpired);
  CHECK(refused(good, early, network) == Errc::kCertificateUntrusted);
  CHECK(refused(early, good, network) == Errc::kHandshakeFailed);
}

TEST_CASE("no byte of a peer with a bad certificate is taken, though it thinks it is through") {
  SimNetwork network(3);
  const testing::TestCa other;
  SimNode node(network, {.name = "node"});
  const testing::TestIdentity identity(other, {"raw", {"main"}});
  RawPeer raw(network, identity.tls(network.ca));
  raw.dial(node.address());
  REQUIRE(network.run_until([&] { return raw.completed || raw.ended; }));
  REQUIRE(raw.completed);
  REQUIRE(raw.connection);
  raw.greet({testing::network_of("main")});
  wire::RequestHeader header;
  header.network = testing::network_of("main");
  header.path = "echo";
  Bytes request{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  REQUIRE(wire::put_request(header, {}, 0, request).has_value());
  REQUIRE(raw.open(request, true) != nullptr);
  REQUIRE(network.run_until([&] { return raw.ended.has_value(); }, 12s));
  CHECK_FALSE(raw.confirmed);
  CHECK(node.events.ups.empty());
  CHECK(node.handler.calls == 0);
  const transport::Stats stats = node.hub->stats();
  CHECK(stats.handshakes == 0);
  CHECK(stats.calls_received == 0);
}

TEST_CASE("a first packet that is too short makes no state and gets no answer") {
  SimNetwork network(4);
  SimNode node(network, {.name = "node"});
  SimNode dialler(network, {.name = "dialler"});
  Initials initials(network);
  dialler.dial({initials.nowhere});
  REQUIRE(network.run_until([&] { return !initials.caught.empty(); }));
  for (const std::size_t size : {1UL, 20UL, 100UL, 1199UL}) {
    node.receive(
        {core::ByteView(initials.caught[0].bytes).first(size), initials.caught[0].from, {}, 0});
    node.woken = true;
    network.run_for(10ms);
  }
  CHECK(node.bytes_out == 0);
  CHECK(node.hub->stats().half_open == 0);
}

TEST_CASE("an address that never answers gets at most three times what it sent, at every moment") {
  SimNetwork network(5);
  SimNode node(network, {.name = "node"});
  SimNode dialler(network, {.name = "dialler"});
  Initials initials(network);
  dialler.dial({initials.nowhere});
  REQUIRE(network.run_until([&] { return !initials.caught.empty(); }));
  network.run_for(10ms);
  const std::size_t packets = initials.caught.size();
  network.on_datagram = [&](const transport::Address& from, const transport::Address&,
                            core::ByteView) {
    if (from == node.address()) {
      CHECK(node.bytes_out <= 3 * node.bytes_in);
    }
    return false;
  };
  for (std::size_t i = 0; i < packets; ++i) {
    node.receive({initials.caught[i].bytes, initials.caught[i].from, {}, 0});
    node.woken = true;
    network.run_for(200ms);
    CHECK(node.bytes_out <= 3 * node.bytes_in);
  }
  network.run_for(10s);
  CHECK(node.bytes_out <= 3 * node.bytes_in);
  CHECK(node.bytes_out > 0);
  CHECK(node.hub->stats().half_open == 0);  // given up after the handshake's timeout
  CHECK(node.hub->stats().handshakes_failed == 1);
}

TEST_CASE("many strangers have to prove their address, and then get through") {
  SimNetwork network(6);
  testing::SimSettings settings{.name = "node"};
  settings.limits.half_open_free = 2;
  settings.limits.half_open_source = 100;
  SimNode node(network, settings);
  std::vector<std::unique_ptr<SimNode>> silent;
  Initials initials(network);
  // Each one's first packet arrives, and then it says nothing more.
  for (int i = 0; i < 2; ++i) {
    silent.push_back(std::make_unique<SimNode>(network, testing::SimSettings{.name = "silent"}));
    initials.caught.clear();
    silent.back()->dial({initials.nowhere});
    REQUIRE(network.run_until([&] { return initials.caught.size() >= 2; }));
    for (const Initials::Caught& packet : initials.caught) {
      node.receive({packet.bytes, packet.from, {}, 0});
      node.woken = true;
    }
    silent.back()->crash();
    network.run_for(1ms);
  }
  CHECK(node.hub->stats().half_open == 2);
  CHECK(node.hub->stats().retries_sent == 0);

  SimNode honest(network, {.name = "honest"});
  REQUIRE(link_up(network, honest, node));
  CHECK(node.hub->stats().retries_sent >= 1);
}

TEST_CASE("beyond the free handshakes a stranger without a token costs a Retry and no state") {
  SimNetwork network(12);
  testing::SimSettings settings{.name = "node"};
  settings.limits.half_open_free = 1;
  settings.limits.half_open_source = 100;
  SimNode node(network, settings);
  std::vector<std::unique_ptr<SimNode>> silent;
  Initials initials(network);
  for (int i = 0; i < 5; ++i) {
    silent.push_back(std::make_unique<SimNode>(network, testing::SimSettings{.name = "silent"}));
    silent.back()->dial({initials.nowhere});
    REQUIRE(network.run_until([&] { return initials.caught.size() >= 2; }));
    silent.back()->crash();
    for (const Initials::Caught& packet : initials.caught) {
      node.receive({packet.bytes, packet.from, {}, 0});
      node.woken = true;
    }
    initials.caught.clear();
    network.run_for(1ms);
  }
  const transport::Stats stats = node.hub->stats();
  CHECK(stats.half_open == 1);
  CHECK(stats.retries_sent >= 4);
  CHECK(stats.connection_ids <= 9);  // of one connection
  CHECK(node.bytes_out <= 3 * node.bytes_in);
}

TEST_CASE("half-open handshakes are bounded, in all and from one source, and end in time") {
  SimNetwork network(7);
  testing::SimSettings settings{.name = "node"};
  settings.limits.half_open_source = 3;
  SimNode node(network, settings);
  Initials initials(network);
  std::vector<std::unique_ptr<SimNode>> silent;
  for (int i = 0; i < 6; ++i) {
    silent.push_back(std::make_unique<SimNode>(network, testing::SimSettings{.name = "silent"}));
    initials.caught.clear();
    silent.back()->dial({initials.nowhere});
    REQUIRE(network.run_until([&] { return initials.caught.size() >= 2; }));
    silent.back()->crash();
    for (const Initials::Caught& packet : initials.caught) {
      // All from one address.
      node.receive(
          {packet.bytes, transport::Address::any_v4(static_cast<std::uint16_t>(i + 1)), {}, 0});
      node.woken = true;
    }
    network.run_for(1ms);
  }
  CHECK(node.hub->stats().half_open == 3);
  CHECK(node.hub->stats().initials_dropped > 0);
  network.run_for(6s);
  CHECK(node.hub->stats().half_open == 0);
}

TEST_CASE(
    "a QUIC version that nobody speaks is answered with version negotiation, short ones are not") {
  SimNetwork network(8);
  SimNode node(network, {.name = "node"});
  const transport::Address from = *transport::Address::parse("10.9.9.9:1");
  Bytes answer;
  network.on_datagram = [&](const transport::Address&, const transport::Address& to,
                            core::ByteView bytes) {
    if (to == from) {
      answer.assign(bytes.begin(), bytes.end());
    }
    return true;
  };
  Bytes packet(1200, 0);
  packet[0] = 0xc0;
  packet[1] = 0x6a;  // version 0x6a6a6a6a
  packet[2] = packet[3] = packet[4] = 0x6a;
  packet[5] = 8;   // dcid length
  packet[14] = 8;  // scid length
  node.receive({core::ByteView(packet).first(300), from, {}, 0});
  node.woken = true;
  network.run_for(10ms);
  CHECK(answer.empty());
  node.receive({packet, from, {}, 0});
  node.woken = true;
  network.run_for(10ms);
  REQUIRE(answer.size() > 7);
  CHECK((answer[0] & 0x80) != 0);
  CHECK(answer[1] + answer[2] + answer[3] + answer[4] == 0);  // version 0
  CHECK(answer.size() < packet.size());
}

TEST_CASE("packets for unknown connections are answered with a shorter reset, at a bounded rate") {
  SimNetwork network(9);
  SimNode node(network, {.name = "node"});
  const transport::Address from = *transport::Address::parse("10.9.9.9:1");
  std::size_t answers = 0;
  std::size_t largest = 0;
  network.on_datagram = [&](const transport::Address&, const transport::Address& to,
                            core::ByteView bytes) {
    answers += to == from ? 1 : 0;
    largest = std::max(largest, bytes.size());
    return false;
  };
  Bytes packet(100, 0x41);
  node.receive({core::ByteView(packet).first(40), from, {}, 0});  // could itself be a reset
  node.woken = true;
  network.run_for(1ms);
  CHECK(answers == 0);
  for (int i = 0; i < 10'000; ++i) {
    node.receive({packet, from, {}, 0});
    if (i % 50 == 0) {
      node.woken = true;
      network.run_for(1us);
    }
  }
  node.woken = true;
  network.run_for(1ms);
  CHECK(answers > 0);
  CHECK(answers <= 1100);
  CHECK(largest < packet.size());
}

TEST_CASE("garbage datagrams harm neither the node nor its links") {
  SimNetwork network(10);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  core::SeededRandom random(1);
  Bytes last;
  network.on_datagram = [&](const transport::Address&, const transport::Address& to,
                            core::ByteView bytes) {
    if (to == b.address()) {
      last.assign(bytes.begin(), bytes.end());
    }
    return true;
  };
  testing::Waiter first;
  a.remote().call(testing::sim_request("echo", "x"), first.responder());
  REQUIRE(network.run_until([&] { return first.done(); }));
  for (int i = 0; i < 20'000; ++i) {
    Bytes packet(random.below(1500));
    random.fill(packet);
    if (i % 2 == 0 && !last.empty()) {  // a real one, damaged
      packet = last;
      for (int flip = 0; flip < 3; ++flip) {
        packet[random.below(packet.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
      }
    }
    b.receive({packet, i % 3 == 0 ? a.address() : *transport::Address::parse("10.9.9.9:1"), {}, 0});
    if (i % 20 == 0) {
      b.woken = true;
      network.run_for(10us);
    }
  }
  b.woken = true;
  testing::Waiter waiter;
  a.remote().call(testing::sim_request("echo", "still here"), waiter.responder());
  REQUIRE(network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().payload == "still here");
  CHECK(b.hub->stats().links == 1);
}

TEST_CASE("a forged stateless reset harms no link") {
  SimNetwork network(11);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, a, b));
  core::SeededRandom random(2);
  for (int i = 0; i < 1000; ++i) {
    Bytes packet(43);
    random.fill(packet);
    packet[0] = static_cast<std::uint8_t>(0x40 | (packet[0] & 0x3f));
    a.receive({packet, b.address(), {}, 0});
  }
  a.woken = true;
  network.run_for(100ms);
  CHECK(a.has_link());
  CHECK(a.hub->stats().resets_received == 0);
}
