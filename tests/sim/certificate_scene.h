// Two nodes of which one has a certificate that a test has spoiled, judged as runard judges: in a
// real handshake on a simulated network, in both roles.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "crypto/certificate_builder.h"
#include "identity/certificate.h"
#include "identity/profile.h"
#include "support/sim_network.h"
#include "support/test_mesh.h"

namespace runard::sim {

using namespace std::chrono_literals;
using core::Errc;
using crypto::Certificate;
using crypto::CertificateSpec;
using crypto::PrivateKey;
using testing::SimNetwork;
using testing::SimNode;

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
    const crypto::Issuer issuer = self_signed ? crypto::Issuer{key, nullptr}
                                  : signer    ? crypto::Issuer{signer->key, &signer->shown.front()}
                                              : crypto::Issuer{mesh_->key(), &mesh_->root()};
    auto built = build_certificate(spec, key.public_key(), issuer);
    REQUIRE(built.has_value());
    return *built;
  }

  PrivateKey key;
  CertificateSpec spec;
  bool self_signed = false;
  std::shared_ptr<const Draft> signer{};  // by the first of what it shows; none: the mesh
  std::vector<Certificate> shown{};       // after its own

 private:
  test::TestMesh* mesh_;
};

// A node that has such a certificate and judges others by `trust`, as the daemon does.
inline void take_identity(SimNode& node, const Draft& draft, const identity::TrustBundle& trust) {
  const Certificate certificate = draft.build();
  const auto verify = [trust, &clock = node.network.clock](
                          X509_STORE_CTX* chain) -> core::Result<transport::PeerIdentity> {
    const auto peer = identity::verify_peer(chain, trust, clock.wall());
    if (!peer) {
      return peer.error();
    }
    return transport::PeerIdentity{peer->id,     peer->name,      peer->networks,
                                   peer->groups, peer->not_after, peer->labels};
  };
  node.options.self.id = draft.id();
  std::vector<X509*> shown;
  for (const Certificate& more : draft.shown) {
    shown.push_back(more.native());
  }
  node.options.tls =
      *transport::TlsContext::create({draft.key.native(), certificate.native(), shown}, verify);
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
inline void check_log(const SimNode& node, Errc code) {
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
inline void check_refused(const std::function<void(Scene&)>& change, Errc judged, Errc told) {
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
    CHECK(scene.judge.hub->stats().refused.at(judged) == 1);
  }
}

}  // namespace runard::sim
