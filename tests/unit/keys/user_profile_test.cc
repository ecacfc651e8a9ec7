#include "keys/user_profile.h"

#include "keyring_world.h"
#include "keys/delegation_folder.h"
#include "mesh_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

struct UserWorld : MeshWorld {
  std::filesystem::path ann = folder / "ann";
  UserProfile create() { return *UserProfile::create(host, ann, "ann", source); }
  UserProfile open() { return *UserProfile::open(host, ann, source); }
};

constexpr std::uint64_t kUntil = 1'800'000'000'000;

}  // namespace

TEST_CASE("a profile's key follows from its seed and version, and nothing else") {
  const core::Bytes seed(32, 7);
  const auto first = derive_profile_key(seed, 1);
  CHECK(first->public_key() == derive_profile_key(seed, 1)->public_key());
  CHECK_FALSE(first->public_key() == derive_profile_key(seed, 2)->public_key());
  CHECK_FALSE(first->public_key() == derive_profile_key(core::Bytes(32, 8), 1)->public_key());
}

TEST_CASE("a profile that was made is the same one when it is opened again") {
  UserWorld world;
  const KeyId id = [&] { return world.create().id(); }();
  const UserProfile profile = world.open();
  CHECK(profile.id() == id);
  CHECK(profile.certificate().name == "ann");
}

TEST_CASE("a profile is made once in a folder, and needs a name") {
  UserWorld world;
  {
    const auto profile = world.create();
  }
  CHECK(UserProfile::create(world.host, world.ann, "ann", world.source).error().code ==
        Errc::kConflict);
  CHECK(UserProfile::create(world.host, world.folder / "b", "", world.source).error().code ==
        Errc::kInvalidArgument);
}

TEST_CASE("what a user publishes is signed by the profile itself and rises in generation") {
  UserWorld world;
  MeshNode a(world, "a");
  UserProfile profile = world.create();
  const auto first = profile.publish({a.id, a.id}, kUntil);
  REQUIRE(first);
  const auto trust = *identity::TrustBundle::create({world.ca->certificate()});
  CHECK(first->verify(trust, world.clock.wall()));
  CHECK(profile.certificate().nodes == std::vector{a.id});
  const auto second = profile.publish({}, kUntil);
  CHECK(second->generation() == first->generation() + 1);
}

TEST_CASE("a node opens for a user after the certificate and the key came, a rotated one too") {
  UserWorld world;
  MeshNode a(world, "a");
  UserProfile profile = world.create();
  for (std::uint32_t version = 1; version <= 2; ++version) {
    REQUIRE(a.holder->take(*profile.publish({a.id}, kUntil)));
    const auto given = profile.delegate(a.record());
    REQUIRE(given);
    REQUIRE(put_delegation(world.disk, a.folder(), given->bytes()));
    const auto waiting = waiting_delegations(a.folder());
    REQUIRE(waiting.size() == version);
    for (const auto& one : waiting) {
      if (one.delegation.version == version) {
        REQUIRE(a.holder->take(one.delegation));
      }
    }
    CHECK(a.holder->ring().find({envelope::KeyKind::kProfile, profile.id(), version}) != nullptr);
    REQUIRE(profile.rotate());
  }
  // What was sealed to the first version still opens.
  CHECK(a.holder->ring().find({envelope::KeyKind::kProfile, profile.id(), 1}) != nullptr);
}

TEST_CASE("what is no delegation is not put into a node's folder") {
  UserWorld world;
  CHECK(put_delegation(world.disk, world.folder.path(), core::Bytes(50)).error().code ==
        Errc::kProfileInvalid);
  CHECK(waiting_delegations(world.folder.path()).empty());
}
