// An issuer with a copy of the CA: what it may do, and when it leaves it to the CA itself.
#include "identity/ca_copy.h"

#include "identity/certificate.h"
#include "identity/identity_folder.h"
#include "identity/revocation.h"
#include "identity/rotation.h"
#include "support/result_text.h"
#include "unit/enroll/world.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using enroll::Office;
using test::EnrollWorld;
using test::NewNode;

namespace {

// A mesh with a CA, a copy of it, and a node that enrolled after the copy was made.
struct CopyWorld : EnrollWorld {
  CopyWorld() {
    copy_now();
    auto asked = order();
    asked.name = "web-1";
    asked.groups = {"web"};
    bundle = office().redeem({office().create(asked)->id, node.request, false}, {}).value();
  }
  void copy_now() {
    const auto ca = identity::Authority::open(host, this->ca());
    REQUIRE(ca);
    REQUIRE(identity::copy_authority(*ca, folder / "copy"));
  }
  Office copy() { return {host, folder / "copy"}; }
  core::Result<identity::Bundle> renew(const identity::TrustBundle& mesh,
                                       std::uint64_t denylist = 0) {
    return copy().renew({node.id, {node.request, {bundle->certificate.der()}}}, mesh, denylist);
  }

  const NewNode node;
  std::optional<identity::Bundle> bundle;
};

}  // namespace

TEST_CASE("a copy renews what the CA has granted, whether or not it knows of it, and no more") {
  CopyWorld world;
  CHECK(world.copy().check());
  CHECK((world.copy().renews_only() && !world.office().renews_only()));
  const auto renewed = world.renew(world.trust());
  REQUIRE(renewed);
  const std::vector<core::Bytes> chain{renewed->certificate.der()};
  const auto peer = identity::verify_peer(chain, world.trust(), world.clock.time);
  REQUIRE(peer);
  CHECK((peer->id == world.node.id && peer->name == "web-1"));
  CHECK(peer->groups == std::vector<std::string>{"web"});
  CHECK(peer->networks.size() == 1);
  CHECK(renewed->statements.empty());
  CHECK(renewed->certificate.serial() != world.bundle->certificate.serial());
  CHECK(world.issued() == 1);  // that is the CA's own
}

TEST_CASE("a bundle that a copy renewed is taken by a node that knows newer statements") {
  CopyWorld world;
  identity::IdentityFolder state(world.folder / "state");
  REQUIRE(state.prepare(world.disk, "web-1"));
  const auto root = *identity::Authority::certificate_in(world.ca());
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  const auto newer = identity::deny(*identity::Authority::open(world.host, world.ca()), entry);
  REQUIRE(newer);
  const auto now = world.clock.time;
  REQUIRE(state.install(world.disk, *world.bundle, {root.fingerprint()}, now, world.node.id));
  REQUIRE(state.install(world.disk, {*newer}, now));
  const auto renewed = world.renew(world.trust());
  REQUIRE(renewed);
  CHECK(state.install(world.disk, *renewed, {}, now, world.node.id));
}

TEST_CASE("a copy makes no token and takes none") {
  CopyWorld world;
  const auto refused = world.copy().create(world.order());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kConflict);
  const auto token = world.office().create(world.order());
  const NewNode other;
  CHECK(world.copy().redeem({token->id, other.request, false}, {}).error().code == Errc::kNotFound);
  CHECK(world.office().redeem({token->id, other.request, false}, {}));
}

TEST_CASE("T18: a copy renews nobody whom the mesh or the CA denied") {
  CopyWorld world;
  identity::Denylist denied;
  denied.nodes.insert(world.node.id);
  const auto root = *identity::Authority::certificate_in(world.ca());
  CHECK(world.renew(*identity::TrustBundle::create({root}, denied)).error().code ==
        Errc::kNodeDenied);
  identity::DeniedEntry entry;
  entry.node = world.node.id;
  REQUIRE(identity::deny(*identity::Authority::open(world.host, world.ca()), entry));
  CHECK(world.renew(world.trust()));  // neither has heard of it
  world.copy_now();
  CHECK(world.renew(world.trust()).error().code == Errc::kNodeDenied);
}

TEST_CASE("T18: a copy that was made while a node was denied renews it when the mesh lets it in") {
  CopyWorld world;
  identity::DeniedEntry entry;
  entry.node = world.node.id;
  REQUIRE(identity::deny(*identity::Authority::open(world.host, world.ca()), entry));
  world.copy_now();
  const auto allowed =
      identity::allow_again(*identity::Authority::open(world.host, world.ca()), entry);
  REQUIRE(allowed->generation() == 2);
  CHECK(world.renew(world.trust()).error().code == Errc::kNodeDenied);  // it heard of no list
  CHECK(world.renew(world.trust(), 2));
  world.copy_now();
  CHECK(world.renew(world.trust(), 1));
}

TEST_CASE("a copy grants only groups that its record and the node's certificate both have") {
  CopyWorld world;
  const auto request = crypto::SigningRequest::from_pem(world.node.request);
  REQUIRE(identity::Authority::open(world.host, world.ca())
              ->sign({*request, "web-1", {"prod"}, 24h, false, {"db"}}));
  world.copy_now();
  CHECK(identity::groups_of(world.renew(world.trust())->certificate.native())->empty());
}

TEST_CASE("T29: an issuer hurries to the next root of its CA, one with a copy does not") {
  CopyWorld world;
  const auto old = world.bundle->certificate;
  CHECK_FALSE(world.office().is_outdated(old));
  const auto old_root = *identity::Authority::certificate_in(world.ca());
  REQUIRE(identity::Rotation(*identity::Authority::open(world.host, world.ca())).prepare(24h * 9));
  REQUIRE(identity::Rotation(*identity::Authority::open(world.host, world.ca())).activate());
  CHECK(world.office().is_outdated(old));
  CHECK_FALSE(world.copy().is_outdated(old));
  const auto both =
      *identity::TrustBundle::create({old_root, *identity::Authority::certificate_in(world.ca())});
  const auto renewed =
      world.office().renew({world.node.id, {world.node.request, {old.der()}}}, both);
  REQUIRE(renewed);
  CHECK_FALSE(world.office().is_outdated(renewed->certificate));
  INFO("it could not be of the copy's root before the copy is made anew");
  CHECK_FALSE(world.copy().is_outdated(renewed->certificate));
}

TEST_CASE("T29: while the root is rotated a copy renews nothing, nor with a root that is gone") {
  CopyWorld world;
  const auto old = *identity::Authority::certificate_in(world.ca());
  const auto step = [&](bool activate) {
    const auto ca = *identity::Authority::open(world.host, world.ca());
    const identity::Rotation rotation(ca);
    return activate ? rotation.activate().has_value() : rotation.prepare(24h * 365).has_value();
  };
  REQUIRE(step(false));
  REQUIRE(step(true));
  const auto next = *identity::Authority::certificate_in(world.ca());
  const auto both = *identity::TrustBundle::create({old, next});
  CHECK(world.renew(both).error().code == Errc::kRenewalRefused);
  world.copy_now();
  CHECK(world.renew(both).error().code == Errc::kRenewalRefused);
  INFO("the node has renewed at the CA itself, and the old root is retired");
  world.bundle =
      world.office()
          .renew({world.node.id, {world.node.request, {world.bundle->certificate.der()}}}, both)
          .value();
  CHECK(world.renew(*identity::TrustBundle::create({next})));
}
