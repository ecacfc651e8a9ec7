// Bad certificates in real handshakes, judged as runard judges them, in both roles: neither side
// gets a link, and both logs say why and what to do.
#include "identity/certificate.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/certificate_builder.h"
#include "identity/profile.h"
#include "support/sim_network.h"
#include "support/test_mesh.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using crypto::Certificate;
using crypto::CertificateSpec;
using crypto::PrivateKey;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// A member of `mesh` in all points but those that a test changes in `spec`.
struct Draft {
  Draft(test::TestMesh& mesh, const std::string& name)
      : key(*PrivateKey::generate()), mesh_(&mesh) {
    spec.common_name = name;
    spec.serial.fill(1);
    spec.not_before = mesh.born() - 5min;
    spec.not_after = mesh.born() + 24h;
    spec.extensions = identity::node_extensions(key.public_key(), {testing::network_of("main")});
  }
  void set(std::string_view name, const std::string& value) {
    std::erase_if(spec.extensions, [&](const auto& e) { return e.name == name; });
    if (!value.empty()) {
      spec.extensions.push_back({std::string(name), value});
    }
  }
  core::NodeId id() const { return identity::node_id_of(key.public_key()); }
  Certificate build() const {
    auto built = build_certificate(spec, key.public_key(), {mesh_->key(), &mesh_->root()});
    REQUIRE(built.has_value());
    return *built;
  }

  PrivateKey key;
  CertificateSpec spec;

 private:
  test::TestMesh* mesh_;
};

// A node that has such a certificate and judges others by `trust`, as the daemon does.
void take_identity(SimNode& node, const Draft& draft, const identity::TrustBundle& trust) {
  const Certificate certificate = draft.build();
  const auto verify = [trust, &clock = node.network.clock](
                          X509_STORE_CTX* chain) -> core::Result<transport::PeerIdentity> {
    const auto peer = identity::verify_peer(chain, trust, clock.wall());
    if (!peer) {
      return peer.error();
    }
    return transport::PeerIdentity{peer->id, peer->name, peer->networks, peer->groups,
                                   peer->not_after};
  };
  node.options.self.id = draft.id();
  node.options.tls =
      *transport::TlsContext::create({draft.key.native(), certificate.native(), {}}, verify);
  node.restart(1);
}

struct Scene {
  Scene() : good(mesh, "good"), bad(mesh, "bad") {}
  SimNetwork network{1};
  test::TestMesh mesh{"test", network.clock.wall()};
  test::TestMesh foreign{"test", network.clock.wall()};
  Draft good;
  Draft bad;
  identity::Denylist denied;
  SimNode judge{network, {.name = "good"}};
  SimNode other{network, {.name = "bad"}};

  void go() {
    take_identity(judge, good, mesh.trust(denied));
    take_identity(other, bad, mesh.trust());
  }
};

// The one line that tells why, with code and remedy.
void check_log(const SimNode& node, Errc code) {
  const core::ErrorInfo& row = core::info(code);
  std::size_t found = 0;
  for (const std::string& line : node.logged) {
    found += line.find("no link was made") != std::string::npos &&
                     line.find(core::code_text(code)) != std::string::npos &&
                     line.find(row.remedy) != std::string::npos
                 ? 1
                 : 0;
  }
  INFO(core::code_text(code) << " " << row.name << " in the log of " << node.options.self.name);
  for (const std::string& line : node.logged) {
    UNSCOPED_INFO(line);
  }
  CHECK(found == 1);
}

// `judged`: what the good node finds; `told`: what the bad one makes of the alert.
void check_refused(const std::function<void(Scene&)>& change, Errc judged, Errc told) {
  for (const bool bad_dials : {true, false}) {
    Scene scene;
    change(scene);
    scene.go();
    SimNode& dialler = bad_dials ? scene.other : scene.judge;
    dialler.dial(bad_dials ? scene.judge : scene.other);
    REQUIRE(scene.network.run_until([&] { return !dialler.events.dials.empty(); }, 12s));
    scene.network.run_for(10s);
    REQUIRE_FALSE(dialler.events.dials[0].second.has_value());
    CHECK(dialler.events.dials[0].second.error().code == (bad_dials ? told : judged));
    for (const SimNode* node : {&scene.judge, &scene.other}) {
      CHECK(node->events.ups.empty());
      CHECK(node->hub->stats().handshakes == 0);
      CHECK(node->hub->stats().half_open == 0);
    }
    check_log(scene.judge, judged);
    check_log(scene.other, told);
  }
}

// Changes what the bad node does in TLS, after it got its certificate.
void check_refused_by_tls(const std::function<void(SSL_CTX*)>& change, bool bad_dials, Errc judged,
                          Errc told) {
  Scene scene;
  scene.go();
  change(scene.other.options.tls->native(!bad_dials));
  SimNode& dialler = bad_dials ? scene.other : scene.judge;
  dialler.dial(bad_dials ? scene.judge : scene.other);
  REQUIRE(scene.network.run_until([&] { return !dialler.events.dials.empty(); }, 12s));
  scene.network.run_for(10s);
  CHECK(scene.judge.events.ups.empty());
  CHECK(scene.other.events.ups.empty());
  check_log(scene.judge, judged);
  check_log(scene.other, told);
}

}  // namespace

TEST_CASE("two nodes with good certificates of one mesh link, by runard's own judgement") {
  Scene scene;
  scene.go();
  REQUIRE(link_up(scene.network, scene.other, scene.judge));
  CHECK(scene.judge.events.ups[0].peer.node == scene.bad.id());
  CHECK(scene.judge.events.ups[0].peer.name == "bad");
  CHECK(scene.judge.logged.empty());
}

TEST_CASE("a certificate of another CA is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad = Draft(scene.foreign, "bad"); },
                Errc::kCertificateUntrusted, Errc::kCertificateUntrusted);
}

TEST_CASE("an expired certificate is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.spec.not_after = scene.mesh.born() - 1s; },
                Errc::kCertificateExpired, Errc::kCertificateExpired);
}

TEST_CASE("a certificate that is not yet valid is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.spec.not_before = scene.mesh.born() + 1h; },
                Errc::kCertificateNotYetValid, Errc::kHandshakeFailed);
}

TEST_CASE("a certificate for one TLS role only is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.set("extendedKeyUsage", "serverAuth"); },
                Errc::kCertificatePurpose, Errc::kCertificatePurpose);
}

TEST_CASE("a certificate with another node's id is refused, and both logs say so") {
  check_refused(
      [](Scene& scene) {
        scene.bad.set("subjectAltName", "URI:" + identity::node_uri(scene.good.id()));
      },
      Errc::kCertificateNodeId, Errc::kHandshakeFailed);
}

TEST_CASE("a certificate that has its id in the common name only is refused, both logs say so") {
  check_refused([](Scene& scene) { scene.bad.set("subjectAltName", ""); },
                Errc::kCertificateNodeUri, Errc::kHandshakeFailed);
}

TEST_CASE("a certificate without networks is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.set(identity::kNetworksOid, ""); },
                Errc::kCertificateNoNetworks, Errc::kHandshakeFailed);
}

TEST_CASE("a denied node is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.denied.nodes.insert(scene.bad.id()); }, Errc::kNodeDenied,
                Errc::kNodeDenied);
}

TEST_CASE("a node denied in all its networks is refused, and both logs say so") {
  check_refused(
      [](Scene& scene) {
        scene.denied.memberships.insert({scene.bad.id(), testing::network_of("main")});
      },
      Errc::kNodeDenied, Errc::kNodeDenied);
}

TEST_CASE("a dialler that shows no certificate is refused, and both logs say so") {
  check_refused_by_tls(
      [](SSL_CTX* tls) {
        SSL_CTX_set_cert_cb(
            tls,
            [](SSL* ssl, void*) {
              SSL_certs_clear(ssl);
              return 1;
            },
            nullptr);
      },
      true, Errc::kHandshakeFailed, Errc::kHandshakeFailed);
}

TEST_CASE("a dialler of another application protocol, or of none, is refused, both logs say so") {
  check_refused_by_tls(
      [](SSL_CTX* tls) {
        constexpr unsigned char kOther[] = "\x02h3";
        SSL_CTX_set_alpn_protos(tls, kOther, sizeof kOther - 1);
      },
      true, Errc::kVersionMismatch, Errc::kVersionMismatch);
  check_refused_by_tls([](SSL_CTX* tls) { SSL_CTX_set_alpn_protos(tls, nullptr, 0); }, true,
                       Errc::kVersionMismatch, Errc::kVersionMismatch);
}

TEST_CASE("an acceptor that agrees on no application protocol is refused, both logs say so") {
  check_refused_by_tls(
      [](SSL_CTX* tls) {
        SSL_CTX_set_alpn_select_cb(
            tls,
            [](SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned, void*) {
              return SSL_TLSEXT_ERR_NOACK;
            },
            nullptr);
      },
      false, Errc::kVersionMismatch, Errc::kVersionMismatch);
}

TEST_CASE("another node than the one dialled is refused, and both logs say so") {
  Scene scene;
  scene.go();
  const Draft absent(scene.mesh, "absent");
  scene.judge.dial({scene.other.address()}, absent.id());
  REQUIRE(scene.network.run_until([&] { return !scene.judge.events.dials.empty(); }, 12s));
  scene.network.run_for(10s);
  CHECK(scene.judge.events.dials[0].second.error().code == Errc::kCertificateMismatch);
  CHECK(scene.judge.events.ups.empty());
  CHECK(scene.other.events.ups.empty());
  check_log(scene.judge, Errc::kCertificateMismatch);
  check_log(scene.other, Errc::kCertificateMismatch);
}

TEST_CASE("a certificate that ends while its link lives ends no link, and makes no new one") {
  Scene scene;
  scene.bad.spec.not_after = scene.mesh.born() + 1h;
  scene.go();
  REQUIRE(link_up(scene.network, scene.other, scene.judge));
  scene.network.run_for(61min);
  CHECK(scene.judge.has_link());
  scene.other.crash();
  scene.other.restart(2);
  scene.other.dial(scene.judge);
  REQUIRE(scene.network.run_until([&] { return scene.other.events.dials.size() == 2; }, 12s));
  CHECK(scene.other.events.dials[1].second.error().code == Errc::kCertificateExpired);
  scene.network.run_for(10s);
  CHECK_FALSE(scene.judge.has_link());
}
