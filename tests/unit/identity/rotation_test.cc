// The CA's operator: rotating the root, revoking nodes, and what nodes make of it.
#include "identity/rotation.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/certificate.h"
#include "identity/denied.h"
#include "identity/identity_folder.h"
#include "identity/issue.h"
#include "identity/profile.h"
#include "identity/revocation.h"
#include "identity/statement_store.h"
#include "identity/time_text.h"
#include "identity/trust_roots.h"
#include "support/result_text.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using identity::Authority;
using identity::Bundle;
using identity::IdentityFolder;
using identity::Rotation;
using identity::Statement;
using identity::StatementStore;
using test::FaultyDisk;
using test::TempFolder;

namespace {

constexpr core::WallTime kNow{1'750'000'000s};

// A CA with one network, and a node.
struct Mesh {
  Mesh() {
    auto made = Authority::create(host, folder / "ca", "acme", 24h * 365);
    REQUIRE(made);
    REQUIRE(made->create_network("main"));
    REQUIRE(node.prepare(disk, "web-1"));
  }
  Authority ca() { return *Authority::open(host, folder / "ca"); }
  Bundle sign(core::Duration lifetime = 24h, bool renewal = false) {
    const auto request = *crypto::SigningRequest::create(key, "web-1");
    return *ca().sign({request, "web-1", {"main"}, lifetime, false, {}, renewal});
  }
  crypto::Certificate root() const { return *Authority::certificate_in(folder / "ca"); }
  core::NodeId id() const { return identity::node_id_of(key.public_key()); }
  StatementStore store() {
    return *StatementStore::open(disk, folder / "node", node.bundle()->roots, clock.time);
  }

  TempFolder folder;
  test::SetClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  identity::Host host{disk, clock, random};
  crypto::PrivateKey key = *crypto::PrivateKey::generate();
  IdentityFolder node{folder / "node"};
};

}  // namespace

TEST_CASE("T29: a node goes along from root to root, and at no time is a certificate refused") {
  Mesh mesh;
  const crypto::Certificate old = mesh.root();
  REQUIRE(mesh.node.install(mesh.disk, mesh.sign(), {old.fingerprint()}, kNow, mesh.id()));

  const auto both = Rotation(mesh.ca()).prepare(24h * 365);
  REQUIRE(both);
  CHECK(both->generation() == 1);
  CHECK(mesh.node.install(mesh.disk, {*both}, kNow).value() == 1);
  CHECK(mesh.store().trust().roots().size() == 2);
  CHECK(mesh.root() == old);

  mesh.clock.time += 2s;
  REQUIRE(Rotation(mesh.ca()).activate());
  CHECK(mesh.root().common_name() == "acme mesh CA 2");
  mesh.clock.time += 2s;
  const Bundle renewed = mesh.sign();
  CHECK(renewed.certificate.issued_by(mesh.root()));
  CHECK(renewed.intermediates.size() == 1);
  INFO("also one that knows the old root alone takes the new certificate");
  const auto only_old = *identity::TrustBundle::create({old});
  const std::vector chain{renewed.certificate.der(), renewed.intermediates[0].der()};
  CHECK(identity::verify_peer(chain, only_old, mesh.clock.time));
  const auto only_new = *identity::TrustBundle::create({mesh.root()});
  CHECK(identity::verify_peer(chain, only_new, mesh.clock.time));
  REQUIRE(mesh.node.install(mesh.disk, renewed, {}, mesh.clock.time, mesh.id()));

  CHECK(Rotation(mesh.ca()).retire(false).error().code == Errc::kConflict);
  mesh.clock.time += 25h;
  const auto alone = Rotation(mesh.ca()).retire(false);
  REQUIRE(alone);
  CHECK(alone->generation() == 2);
  CHECK(mesh.node.install(mesh.disk, {*alone}, mesh.clock.time).value() == 1);
  CHECK(mesh.store().trust().roots() == std::vector{mesh.root()});
  CHECK(mesh.node.install(mesh.disk, {*both}, mesh.clock.time).error().code ==
        Errc::kStatementOlder);
}

TEST_CASE("T29: the old root is retired when every node has renewed itself, not before") {
  Mesh mesh;
  mesh.sign();
  REQUIRE(Rotation(mesh.ca()).prepare(24h * 365));
  CHECK(Rotation(mesh.ca()).held_back({}).error().code == Errc::kConflict);
  REQUIRE(Rotation(mesh.ca()).activate());
  INFO("all in the second of the activation");
  const auto old = Rotation(mesh.ca()).held_back({}).value();
  REQUIRE(old.size() == 1);
  CHECK((old[0].name == "web-1" && old[0].node == mesh.id() && !old[0].signed_again));
  CHECK(old[0].until == identity::time_text(kNow + 24h));

  const Bundle by_hand = mesh.sign(48h);
  const auto refused = Rotation(mesh.ca()).retire(false);
  CHECK(refused.error().code == Errc::kConflict);
  CHECK(refused.error().about.find("web-1") != std::string::npos);
  CHECK(Rotation(mesh.ca()).held_back({}).value().at(0).signed_again);
  const identity::ShownCertificates shown{
      {mesh.id(), identity::time_text(by_hand.certificate.not_after())}};
  CHECK(Rotation(mesh.ca()).held_back(shown).value().empty());

  mesh.sign(24h, true);
  mesh.clock.time += identity::kRelinked;
  CHECK(Rotation(mesh.ca()).held_back({}).value().empty());
  CHECK(Rotation(mesh.ca()).retire(false));
}

TEST_CASE("T29: a rotation that an earlier version activated goes by the second") {
  Mesh mesh;
  mesh.sign(24h, true);
  REQUIRE(Rotation(mesh.ca()).prepare(24h * 365));
  REQUIRE(Rotation(mesh.ca()).activate());
  std::ofstream(mesh.folder / "ca/activated") << identity::time_text(kNow) << '\n';
  mesh.sign(24h, true);
  CHECK(Rotation(mesh.ca()).retire(false).error().code == Errc::kConflict);
  mesh.clock.time += 1s;
  mesh.sign(24h, true);
  mesh.clock.time += identity::kRelinked;
  CHECK(Rotation(mesh.ca()).retire(false));
}

TEST_CASE("T29: the steps of a rotation come in their order only, and prepare again is the same") {
  Mesh mesh;
  CHECK(Rotation(mesh.ca()).activate().error().code == Errc::kConflict);
  CHECK(Rotation(mesh.ca()).retire(true).error().code == Errc::kConflict);
  const auto first = Rotation(mesh.ca()).prepare(24h);
  const auto again = Rotation(mesh.ca()).prepare(24h);
  REQUIRE(again);
  CHECK(again->bytes() == first->bytes());
  REQUIRE(Rotation(mesh.ca()).activate());
  CHECK(Rotation(mesh.ca()).prepare(24h).error().code == Errc::kConflict);
  REQUIRE(Rotation(mesh.ca()).retire(true));
  CHECK(Rotation(mesh.ca()).prepare(24h).value().generation() == 3);
}

TEST_CASE("T25: an activation that is cut off at any step can be completed") {
  for (int step = 0; step < 60; ++step) {
    Mesh mesh;
    REQUIRE(Rotation(mesh.ca()).prepare(24h));
    FaultyDisk disk = FaultyDisk::crashing(step);
    bool done = false;
    if (const auto ca = Authority::open({disk, mesh.clock, mesh.random}, mesh.folder / "ca")) {
      done = Rotation(*ca).activate().has_value();
    }
    INFO("step " << step);
    const auto ca = Authority::open(mesh.host, mesh.folder / "ca");
    REQUIRE(ca);
    if (ca->certificate().common_name() == "acme mesh CA") {
      REQUIRE(Rotation(*ca).activate());
    }
    CHECK(mesh.root().common_name() == "acme mesh CA 2");
    if (done && !disk.struck()) {
      break;
    }
  }
}

TEST_CASE("T25: a retirement that is cut off at any step is completed by the same step again") {
  for (int step = 0;; ++step) {
    INFO("step " << step);
    Mesh mesh;
    REQUIRE(Rotation(mesh.ca()).prepare(24h));
    REQUIRE(Rotation(mesh.ca()).activate());
    FaultyDisk disk = FaultyDisk::crashing(step);
    if (const auto ca = Authority::open({disk, mesh.clock, mesh.random}, mesh.folder / "ca")) {
      (void)Rotation(*ca).retire(false);
    }
    const auto again = Rotation(mesh.ca()).retire(false);
    REQUIRE(again);
    CHECK(again->generation() == 2);
    for (const char* file : {"previous.crt", "activated", "cross.crt"}) {
      CHECK_FALSE(std::filesystem::exists(mesh.folder / "ca" / file));
    }
    REQUIRE(Rotation(mesh.ca()).prepare(24h));
    if (!disk.struck()) {
      CHECK(step > 8);
      break;
    }
  }
}

TEST_CASE("T18: revoking is a new generation each time, and taking back one more") {
  Mesh mesh;
  REQUIRE(mesh.node.install(mesh.disk, mesh.sign(), {mesh.root().fingerprint()}, kNow, mesh.id()));
  identity::DeniedEntry entry;
  entry.node = *identity::find_node(mesh.folder / "ca", "web-1");
  CHECK(entry.node == mesh.id());
  CHECK(identity::allow_again(mesh.ca(), entry).error().code == Errc::kNotFound);  // no list
  const auto denied = identity::deny(mesh.ca(), entry);
  REQUIRE(denied);
  CHECK(identity::deny(mesh.ca(), entry)->bytes() == denied->bytes());
  const auto allowed = identity::allow_again(mesh.ca(), entry);
  REQUIRE(allowed);
  CHECK(allowed->generation() == denied->generation() + 1);
  INFO("done again it gives the list of now, also for who never was on it");
  CHECK(identity::allow_again(mesh.ca(), entry)->bytes() == allowed->bytes());
  CHECK(identity::find_node(mesh.folder / "ca", "web-9").error().code == Errc::kNotFound);

  CHECK(mesh.node.install(mesh.disk, {*denied}, kNow).value() == 1);
  CHECK(mesh.store().trust().denied().nodes == std::set{mesh.id()});
  CHECK(mesh.node.install(mesh.disk, {*allowed, *allowed}, kNow).value() == 1);
  CHECK(mesh.store().trust().denied().nodes.empty());
  CHECK(mesh.node.install(mesh.disk, {*denied}, kNow).error().code == Errc::kStatementOlder);
}

TEST_CASE("T18: a node that was denied for a time can be denied for ever, and what ended goes") {
  Mesh mesh;
  const auto until = [&](core::Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               (mesh.clock.time + time).time_since_epoch())
        .count();
  };
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  entry.until_ms = until(1h);
  identity::DeniedEntry brief = entry;
  brief.node.bytes.fill(8);
  REQUIRE(identity::deny(mesh.ca(), brief));
  REQUIRE(identity::deny(mesh.ca(), entry));
  entry.until_ms = 0;
  entry.reason = "stolen";
  mesh.clock.time += 2h;
  const auto denied = identity::deny(mesh.ca(), entry);
  REQUIRE(denied);
  CHECK(denied->generation() == 3);
  CHECK(identity::parse_denied(denied->body()).value() == std::vector{entry});
}

TEST_CASE("T29: activate and retire done again give the same statements") {
  Mesh mesh;
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  REQUIRE(identity::deny(mesh.ca(), entry));
  REQUIRE(Rotation(mesh.ca()).prepare(24h));
  Authority ca = mesh.ca();
  const auto activated = Rotation(ca).activate();
  REQUIRE(activated);
  REQUIRE(ca.reload());
  CHECK(ca.certificate() == mesh.root());
  CHECK((*activated)->signer() == ca.key().public_key());
  CHECK(Rotation(ca).activate().value()->bytes() == (*activated)->bytes());
  const auto retired = Rotation(ca).retire(false);
  REQUIRE(retired);
  CHECK(Rotation(ca).retire(false).value().bytes() == retired->bytes());
  CHECK(Rotation(ca).activate().error().code == Errc::kConflict);
}

TEST_CASE("a bundle brings the denylist and the roots that hold when it is signed") {
  Mesh mesh;
  const auto pin = mesh.root().fingerprint();
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  REQUIRE(identity::deny(mesh.ca(), entry));
  REQUIRE(Rotation(mesh.ca()).prepare(24h * 30));
  const Bundle bundle = mesh.sign();
  CHECK(bundle.statements.size() == 2);
  CHECK(Bundle::parse(bundle.text()).value().text() == bundle.text());
  INFO("the pinned root vouches for the next one");
  REQUIRE(mesh.node.install(mesh.disk, bundle, {pin}, kNow, mesh.id()));
  CHECK(mesh.store().trust().denied().nodes == std::set{entry.node});
  CHECK(mesh.store().trust().roots().size() == 2);
}

TEST_CASE("a node that moves to another mesh leaves what the old one said") {
  Mesh old;
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  REQUIRE(identity::deny(old.ca(), entry));
  entry.node.bytes.fill(8);
  REQUIRE(identity::deny(old.ca(), entry));
  for (const int generations : {0, 1, 2}) {  // of the new one's denylist
    Mesh mesh;  // has a key and a folder of its own: the node is the old one's
    entry.node.bytes.fill(9);
    for (int i = 0; i < generations; ++i) {
      entry.reason += "x";
      REQUIRE(identity::deny(mesh.ca(), entry));
    }
    REQUIRE(old.node.install(old.disk, old.sign(), {old.root().fingerprint()}, kNow, old.id()));
    StatementStore running = old.store();
    const auto request = *crypto::SigningRequest::create(old.key, "web-1");
    const Bundle bundle = *mesh.ca().sign({request, "web-1", {"main"}, 24h, false, {}});
    INFO("generations " << generations);
    REQUIRE(old.node.install(old.disk, bundle, {mesh.root().fingerprint()}, kNow, old.id()));
    const std::set<core::NodeId> expected =
        generations == 0 ? std::set<core::NodeId>{} : std::set{entry.node};
    CHECK(old.store().trust().denied().nodes == expected);
    CHECK(old.store().trust().roots() == std::vector{mesh.root()});
    INFO("and so does one that runs, when it reloads");
    REQUIRE(running.install(bundle.roots, kNow));
    REQUIRE(running.reload(kNow));
    CHECK(running.trust().denied().nodes == expected);
  }
}

TEST_CASE("a second root that nobody trusted vouches for is not installed") {
  Mesh mesh;
  const auto stranger_key = *crypto::PrivateKey::generate();
  const auto stranger = *identity::issue_root(stranger_key, "evil", 24h, kNow, mesh.random);
  Bundle bundle = mesh.sign();
  bundle.roots.insert(bundle.roots.begin(), stranger);
  bundle.statements.push_back(*Statement::sign(
      {{identity::StatementKind::kTrust, {}}, 1, kNow, identity::encode_trust_roots({stranger})},
      stranger_key));
  CHECK(mesh.node.install(mesh.disk, bundle, {mesh.root().fingerprint()}, kNow, mesh.id())
            .error()
            .code == Errc::kFingerprintMismatch);
  CHECK(!mesh.node.bundle());
}
