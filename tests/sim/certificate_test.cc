// Bad certificates in real handshakes, judged as runard judges them, in both roles: neither side
// gets a link, and both logs say why and what to do.
#include "sim/certificate_scene.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using sim::check_log;
using sim::check_refused;
using sim::Draft;
using sim::Scene;
using testing::link_up;
using testing::SimNode;

namespace {

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
  const auto counted = scene.judge.hub->stats().refused;
  if (core::info(judged).kind == core::Kind::kDenied) {
    CHECK(counted.at(judged) == 1);
  } else {
    CHECK(counted.empty());  // no matter of trust
  }
}

// What two good nodes agree on when the acceptor has these groups; "" when they make no link.
std::string agreed_group(const char* groups) {
  Scene scene;
  scene.go();
  std::string agreed;
  SSL_CTX* const acceptor = scene.judge.options.tls->native(true);
  REQUIRE((groups == nullptr || SSL_CTX_set1_groups_list(acceptor, groups) == 1));
  REQUIRE(SSL_CTX_set_app_data(acceptor, &agreed) == 1);
  SSL_CTX_set_info_callback(acceptor, [](const SSL* ssl, int where, int) {
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
      auto* const out = static_cast<std::string*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      *out = SSL_get0_group_name(const_cast<SSL*>(ssl));
    }
  });
  scene.other.dial(scene.judge);
  scene.network.run_until([&] { return !scene.other.events.dials.empty(); }, 12s);
  CHECK(scene.judge.has_link() == !agreed.empty());
  return agreed;
}

}  // namespace

TEST_CASE("T6: two nodes agree on a hybrid group, on X25519 with who has no other, on no third") {
  CHECK(agreed_group(nullptr) == "X25519MLKEM768");
  CHECK(agreed_group("X25519") == "x25519");
  CHECK(agreed_group("P-256:P-384:X448:SecP256r1MLKEM768") == "");
}

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

TEST_CASE("a self-signed certificate is refused, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.self_signed = true; }, Errc::kCertificateUntrusted,
                Errc::kCertificateUntrusted);
}

TEST_CASE("a certificate that a node signed is refused, and both logs say so") {
  check_refused(
      [](Scene& scene) {
        Draft node(scene.mesh, "node");
        node.shown = {node.build()};
        scene.bad.signer = std::make_shared<const Draft>(std::move(node));
        scene.bad.shown = scene.bad.signer->shown;
      },
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
  CHECK(scene.judge.hub->stats().refused.at(Errc::kCertificateMismatch) == 1);
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
