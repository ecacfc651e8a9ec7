// A node that is denied, while its link is being made or lives: it has it no more.
#include <catch2/catch_test_macros.hpp>

#include "support/raw_peer.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::network_of;
using testing::RawPeer;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// A member whose packets a test can hold back on their way to the node.
struct Scene {
  Scene() {
    network.on_datagram = [this](const transport::Address& from, const auto&,
                                 core::ByteView bytes) {
      if (from != raw.address() || !holding) {
        return true;
      }
      held.emplace_back(bytes.begin(), bytes.end());
      return false;
    };
    raw.dial(node.address());
  }
  // As the daemon does with a new denylist. Without a network: in all of them.
  std::vector<transport::Hub::Refused> deny(const std::string& taken = "") {
    const core::NodeId denied = identity.id;
    const transport::PeerVerifier judge =
        [denied, taken, good = testing::verifier_for(network.ca)](
            X509_STORE_CTX* chain) -> core::Result<transport::PeerIdentity> {
      auto peer = good(chain);
      if (!peer || peer->node != denied) {
        return peer;
      }
      if (taken.empty()) {
        return core::fail(Errc::kNodeDenied, "");
      }
      std::erase(peer->networks, network_of(taken));
      return peer;
    };
    node.hub->set_tls(*transport::TlsContext::create(
        {node.identity.key.get(), node.identity.certificate.get(), {}, {}}, judge));
    return node.hub->recheck(judge, 0, node.hub->slots());
  }
  void let_go() {
    holding = false;
    for (const Bytes& bytes : held) {
      node.receive({bytes, raw.address(), {}, 0});
    }
    node.woken = true;
  }

  SimNetwork network{1};
  SimNode node{network, {.name = "node", .networks = {"main", "backup"}}};
  testing::TestIdentity identity{network.ca, {"raw", {"main", "backup"}}};
  RawPeer raw{network, identity.tls(network.ca)};
  bool holding = false;
  std::vector<Bytes> held;
};

}  // namespace

TEST_CASE("T18: a handshake that was begun before its node was denied makes no link") {
  Scene scene;
  REQUIRE(scene.network.run_until([&] { return scene.node.hub->stats().half_open == 1; }));
  scene.holding = true;  // the end of the handshake
  scene.network.run_for(100ms);
  REQUIRE_FALSE(scene.held.empty());
  CHECK(scene.deny().empty());
  scene.let_go();
  scene.network.run_until([&] { return scene.raw.confirmed || scene.raw.ended; }, 1s);
  if (scene.raw.connection) {
    scene.raw.greet({network_of("main")});
  }
  REQUIRE(scene.network.run_until([&] { return scene.raw.ended.has_value(); }, 1s));
  CHECK(scene.raw.ended->code == Errc::kNodeDenied);
  CHECK(scene.node.events.ups.empty());
  CHECK(scene.node.hub->stats().refused.at(Errc::kNodeDenied) == 1);
}

TEST_CASE("a handshake that was begun under earlier rules makes a link when the new ones agree") {
  Scene scene;
  REQUIRE(scene.network.run_until([&] { return scene.node.hub->stats().half_open == 1; }));
  scene.holding = true;
  scene.network.run_for(100ms);
  scene.node.hub->set_tls(scene.node.identity.tls(scene.network.ca));
  scene.let_go();
  REQUIRE(scene.network.run_until([&] { return scene.raw.confirmed; }, 1s));
  scene.raw.greet({network_of("main")});
  REQUIRE(scene.network.run_until([&] { return scene.node.events.ups.size() == 1; }));
  CHECK(scene.node.events.ups[0].peer.node == scene.identity.id);
}

TEST_CASE("T18: a hello that comes as its link is cut does not bring it up") {
  Scene scene;
  REQUIRE(scene.network.run_until([&] { return scene.raw.confirmed; }));
  scene.holding = true;
  scene.raw.greet({network_of("main")});
  scene.network.run_for(100ms);
  REQUIRE_FALSE(scene.held.empty());
  CHECK(scene.deny().size() == 1);
  scene.let_go();
  REQUIRE(scene.network.run_until([&] { return scene.raw.ended.has_value(); }, 1s));
  CHECK(scene.node.events.ups.empty());
}

TEST_CASE(
    "T18: a node that is taken out of one network loses its link, and the next has the rest") {
  Scene scene;
  const std::vector both{network_of("main"), network_of("backup")};
  REQUIRE(scene.network.run_until([&] { return scene.raw.confirmed; }));
  scene.raw.greet(both);
  REQUIRE(scene.network.run_until([&] { return scene.node.events.ups.size() == 1; }));
  CHECK(scene.node.events.ups[0].peer.networks.size() == 2);
  CHECK(scene.deny("another").empty());  // of which it is no member
  CHECK(scene.node.has_link());

  const auto refused = scene.deny("backup");
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].node == scene.identity.id);
  CHECK(refused[0].why.code == Errc::kNodeDenied);
  scene.node.woken = true;
  REQUIRE(scene.network.run_until([&] { return scene.raw.ended.has_value(); }, 1s));
  CHECK(scene.node.events.downs.size() == 1);

  scene.raw.ended.reset();
  scene.raw.confirmed = false;
  scene.raw.dial(scene.node.address());
  REQUIRE(scene.network.run_until([&] { return scene.raw.confirmed; }));
  scene.raw.greet(both, 2);
  REQUIRE(scene.network.run_until([&] { return scene.node.events.ups.size() == 2; }));
  CHECK(scene.node.events.ups.back().peer.networks == std::vector{network_of("main")});
}
