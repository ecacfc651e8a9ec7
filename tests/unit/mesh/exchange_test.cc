#include "mesh/exchange.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;

namespace {

Known known(LinkId link, std::vector<std::string> networks, std::string address) {
  Known known;
  known.link = link;
  known.node = node_id(static_cast<std::uint8_t>(link));
  for (const std::string& network : networks) {
    known.networks.push_back(FakeNames::id_of(network));
  }
  known.addresses = {*wire::Address::parse(address)};
  return known;
}

std::vector<core::NodeId> told(const std::vector<Exchange::Message>& messages, LinkId link) {
  std::vector<core::NodeId> nodes;
  for (const auto& message : messages) {
    for (const auto& hint : message.hints) {
      if (message.link == link) {
        nodes.push_back(hint.node);
      }
    }
  }
  return nodes;
}

}  // namespace

TEST_CASE("a newcomer is told of all, the others of the newcomer") {
  core::SeededRandom random(1);
  Exchange exchange({}, random);
  const std::vector<Known> peers = {known(1, {"main"}, "10.0.0.1:1"),
                                    known(2, {"main"}, "10.0.0.2:1"),
                                    known(3, {"main"}, "10.0.0.3:1")};
  exchange.joined(3, at(0));
  exchange.changed(node_id(3), at(0));
  REQUIRE(exchange.expiry() == at(100));
  const auto messages = exchange.due(peers, at(100));
  CHECK(told(messages, 1) == std::vector{node_id(3)});
  CHECK(told(messages, 2) == std::vector{node_id(3)});
  CHECK(told(messages, 3) == std::vector{node_id(1), node_id(2)});
  CHECK(exchange.due(peers, at(200)).empty());
}

TEST_CASE("a peer is told only of nodes with which it shares a network") {
  core::SeededRandom random(1);
  Exchange exchange({}, random);
  const std::vector<Known> peers = {known(1, {"main"}, "10.0.0.1:1"),
                                    known(2, {"main", "secret"}, "10.0.0.2:1"),
                                    known(3, {"secret"}, "10.0.0.3:1")};
  for (LinkId link = 1; link <= 3; ++link) {
    exchange.joined(link, at(0));
  }
  const auto messages = exchange.due(peers, at(100));
  CHECK(told(messages, 1) == std::vector{node_id(2)});
  CHECK(told(messages, 2) == std::vector{node_id(1), node_id(3)});
  CHECK(told(messages, 3) == std::vector{node_id(2)});
}

TEST_CASE("addresses that mean nothing elsewhere are not told") {
  core::SeededRandom random(1);
  Exchange exchange({}, random);
  std::vector<Known> peers = {known(1, {"main"}, "127.0.0.1:1"), known(2, {"main"}, "10.0.0.2:1"),
                              known(3, {"main"}, "[fe80::1]:1"), known(4, {"main"}, "127.0.0.1:4")};
  peers[0].loopback = peers[3].loopback = true;
  for (LinkId link = 1; link <= 4; ++link) {
    exchange.joined(link, at(0));
  }
  const auto messages = exchange.due(peers, at(100));
  CHECK(told(messages, 1) == std::vector{node_id(2), node_id(4)});
  CHECK(told(messages, 2).empty());
  CHECK(told(messages, 3) == std::vector{node_id(2)});
}

TEST_CASE("each round a peer is told again, no more than one frame holds") {
  core::SeededRandom random(1);
  Exchange exchange({}, random);
  std::vector<Known> peers;
  for (LinkId link = 1; link <= 200; ++link) {
    peers.push_back(known(link, {"main"}, fmt::format("10.0.0.{}:1", link)));
  }
  exchange.joined(1, at(0));
  const auto first = exchange.due(peers, at(100));
  CHECK(told(first, 1).size() == 199);
  CHECK(first.size() == 4);
  REQUIRE(exchange.expiry() == at(60000));
  const auto round = exchange.due(peers, at(60000));
  CHECK(told(round, 1).size() <= wire::kMaxPeerHints);
  CHECK(told(round, 1).size() >= wire::kMaxPeerHints - 1);
  CHECK(round.size() == 200);
}

TEST_CASE("a mesh dials whom a peer told of, but only with addresses that can be") {
  End a(1, 1, {"main"});
  End b(2, 1, {"main"});
  a.mesh.link_up(1, b.info(), at(0));
  const wire::PeerHint hint{node_id(9), {*wire::Address::parse("10.0.0.9:8889")}};
  const wire::PeerHint self{node_id(1), {*wire::Address::parse("10.0.0.7:8889")}};
  a.mesh.control(1, 0x22, encode(std::vector{hint, self}), at(10));
  for (int ms = 10; ms < 1000; ms += 10) {
    a.mesh.tick(at(ms));
  }
  REQUIRE(a.port.dials.size() == 1);
  CHECK(a.port.dials[0].addresses == std::vector<std::string>{"10.0.0.9:8889"});
  CHECK(a.port.dials[0].expected == node_id(9));
}
