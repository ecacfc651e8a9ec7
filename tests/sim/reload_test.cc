// Another certificate and other trust while links live.
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <utility>

#include "support/sim_network.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using testing::link_up;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

// A client with a renewed certificate: its link is made anew, and the one before, which showed the
// old certificate, drains while its request is in progress. `before`: the old one's networks; the
// new one's is "main".
struct Renewed {
  explicit Renewed(std::vector<std::string> before = {"main"})
      : client(network, {.name = "client", .networks = before}),
        server(network, {.name = "server", .networks = std::move(before)}) {
    REQUIRE(link_up(network, client, server));
    client.remote().call(sim_request("hold", "x"), waiter.responder());
    REQUIRE(network.run_until([&] { return server.handler.asked.size() == 1; }));
    old = std::exchange(client.identity.certificate,
                        network.ca.certify(client.identity.key.get(), {"client"}));
    client.hub->set_tls(client.identity.tls(network.ca));
    client.dial(server);
    REQUIRE(network.run_until(
        [&] { return client.events.ups.size() == 2 && server.events.ups.size() == 2; }));
  }
  // What the server has to say of certificates that are not `good` any more.
  std::vector<transport::Hub::Refused> recheck(const std::function<bool(const X509*)>& good) {
    const transport::PeerVerifier judge =
        [good, before = testing::verifier_for(network.ca)](
            X509_STORE_CTX* chain) -> core::Result<transport::PeerIdentity> {
      if (!good(X509_STORE_CTX_get0_cert(chain))) {
        return core::fail(Errc::kCertificateUntrusted, "");
      }
      return before(chain);
    };
    return server.hub->recheck(judge, 0, server.hub->slots());
  }

  SimNetwork network{1};
  Waiter waiter;  // before the nodes, which answer what is in progress as they end
  SimNode client;
  SimNode server;
  testing::CertPtr old;
};

}  // namespace

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

TEST_CASE(
    "T29: a request in progress outlives the root of a certificate that was renewed meanwhile") {
  Renewed scene;
  const auto not_the_old = [&](const X509* shown) { return X509_cmp(shown, scene.old.get()) != 0; };
  CHECK(scene.recheck(not_the_old).empty());
  scene.network.run_for(1s);
  REQUIRE_FALSE(scene.waiter.done());
  scene.server.handler.asked[0].responder(rpc::Reply::success({}));
  REQUIRE(scene.network.run_until([&] { return scene.waiter.done(); }));
  CHECK(scene.waiter.reply().ok());
  CHECK(scene.network.run_until([&] { return scene.server.hub->stats().links == 1; }));
  CHECK(scene.client.events.downs.size() == 1);
}

TEST_CASE("T18: a node that is denied loses the link that drains, too") {
  Renewed scene;
  CHECK(scene.recheck([](const X509*) { return false; }).size() == 2);
  REQUIRE(scene.network.run_until([&] { return scene.waiter.done(); }, 1s));
  CHECK_FALSE(scene.waiter.reply().ok());
  CHECK(scene.network.run_until([&] { return scene.server.hub->stats().links == 0; }, 1s));
  CHECK(scene.network.run_until([&] { return scene.client.hub->stats().links == 0; }, 1s));
}

TEST_CASE("T18: a link that drains is cut when its node was taken out of one of its networks") {
  Renewed scene{{"main", "backup"}};
  CHECK(scene.recheck([](const X509*) { return true; }).size() == 1);
  REQUIRE(scene.network.run_until([&] { return scene.waiter.done(); }, 1s));
  CHECK_FALSE(scene.waiter.reply().ok());
  CHECK(scene.network.run_until([&] { return scene.server.hub->stats().links == 1; }, 1s));
}
