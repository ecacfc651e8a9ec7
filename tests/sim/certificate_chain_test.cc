// What a peer sends besides its own certificate, and who else would trust it: chains of any length
// are refused by a bound, and what the system trusts counts for nothing.
#include <openssl/x509_vfy.h>

#include <cstdlib>
#include <fstream>

#include "sim/certificate_scene.h"
#include "support/allocated.h"
#include "support/temp_folder.h"

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

// Makes the process trust `root` as it trusts the CAs of the system, while it lives.
class SystemTrust {
 public:
  explicit SystemTrust(const crypto::Certificate& root) {
    const auto file = folder_.path() / "system.pem";
    std::ofstream(file) << root.pem();
    setenv("SSL_CERT_FILE", file.c_str(), 1);
  }
  SystemTrust(const SystemTrust&) = delete;
  SystemTrust& operator=(const SystemTrust&) = delete;
  ~SystemTrust() { unsetenv("SSL_CERT_FILE"); }

  // What a program finds that asks OpenSSL's default store.
  static bool trusts(const crypto::Certificate& leaf, core::WallTime now) {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                        &X509_STORE_free);
    X509_STORE_set_default_paths(store.get());
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
        X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    X509_STORE_CTX_init(context.get(), store.get(), leaf.native(), nullptr);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()),
                               std::chrono::system_clock::to_time_t(
                                   std::chrono::time_point_cast<std::chrono::seconds>(now)));
    return X509_verify_cert(context.get()) == 1;
  }

 private:
  test::TempFolder folder_;
};

// So many bytes of certificates that have nothing to do with anything.
std::vector<crypto::Certificate> ballast(test::TestMesh& mesh, std::size_t bytes) {
  std::vector<crypto::Certificate> made;
  for (std::size_t size = 0; size < bytes; size += made.back().der().size()) {
    Draft more(mesh, "more");
    more.set("subjectAltName", "URI:runar://" + std::string(4000, 'x'));
    made.push_back(more.build());
  }
  return made;
}

constexpr std::size_t kHuge = 100 * 1024;

}  // namespace

TEST_CASE("a certificate of a CA that the system trusts is refused, and both logs say so") {
  Scene outside;
  const SystemTrust system(outside.foreign.root());
  REQUIRE(SystemTrust::trusts(Draft(outside.foreign, "bad").build(), outside.foreign.born()));
  REQUIRE_FALSE(SystemTrust::trusts(Draft(outside.mesh, "good").build(), outside.mesh.born()));
  check_refused([&](Scene& scene) { scene.bad = Draft(outside.foreign, "bad"); },
                Errc::kCertificateUntrusted, Errc::kCertificateUntrusted);
}

TEST_CASE("a chain of 100 KiB is refused by its size, and both logs say so") {
  check_refused([](Scene& scene) { scene.bad.shown = ballast(scene.mesh, kHuge); },
                Errc::kCertificateInvalid, Errc::kHandshakeFailed);
}

TEST_CASE("a chain of more than eight certificates is refused, and both logs say so") {
  check_refused(
      [](Scene& scene) {
        for (int i = 0; i < 8; ++i) {
          scene.bad.shown.push_back(Draft(scene.mesh, "more").build());
        }
      },
      Errc::kCertificateInvalid, Errc::kHandshakeFailed);
}

TEST_CASE("certificates that nobody needs are no harm within the bounds") {
  Scene scene;
  scene.bad.shown = ballast(scene.mesh, 20 * 1024);
  REQUIRE(scene.bad.shown.size() < 8);
  scene.go();
  CHECK(link_up(scene.network, scene.other, scene.judge));
}

TEST_CASE("chains of 100 KiB again and again take no memory, and peers go on") {
  for (const bool bad_dials : {true, false}) {
    Scene scene;
    scene.bad.shown = ballast(scene.mesh, kHuge);
    scene.go();
    Draft friendly(scene.mesh, "friend");
    SimNode peer(scene.network, {.name = "friend"});
    take_identity(peer, friendly, scene.mesh.trust());
    REQUIRE(link_up(scene.network, peer, scene.judge));
    SimNode& dialler = bad_dials ? scene.other : scene.judge;
    const auto attempts = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t before = dialler.events.dials.size();
        dialler.dial(bad_dials ? scene.judge : scene.other);
        REQUIRE(scene.network.run_until([&] { return dialler.events.dials.size() > before; }, 12s));
        scene.network.run_for(10s);
        REQUIRE_FALSE(dialler.events.dials.back().second.has_value());
        scene.judge.logged.clear();
        scene.other.logged.clear();
      }
    };
    attempts(3);
    const std::size_t before = testing::allocated_bytes();
    attempts(10);
    CHECK(testing::allocated_bytes() < before + 64 * 1024);
    CHECK(scene.judge.hub->stats().half_open == 0);
    CHECK(scene.judge.hub->stats().refused.at(Errc::kCertificateInvalid) == 13);
    CHECK(scene.judge.has_link());
    CHECK(peer.has_link());
  }
}
