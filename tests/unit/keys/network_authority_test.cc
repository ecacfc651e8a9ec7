#include "keys/network_authority.h"

#include <fstream>

#include "identity/rotation.h"
#include "network_steps.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

TEST_CASE("a network's first version is active at once, and its statement is the CA's") {
  MeshWorld world;
  const auto statement = world.networks->refresh(world.main);
  const NetworkKeyring keyring = keyring_of(statement);
  CHECK(keyring.name == "main");
  REQUIRE(keyring.versions.size() == 1);
  CHECK(keyring.members.empty());
  CHECK(statement->generation() == 1);
  const auto trust = *identity::TrustBundle::create({world.ca->certificate()});
  CHECK(statement->verify(trust, world.clock.wall()));
}

TEST_CASE("generations rise with each statement, the epoch only with the members") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto epoch = keyring_of(a.enrol()[0]).epoch;
  const auto again = world.networks->refresh(world.main);
  REQUIRE(again);
  CHECK(again->generation() == 2);
  CHECK(keyring_of(again).epoch == epoch);
  MeshNode b(world, "b");
  const auto joined = b.enrol()[0];
  CHECK(joined.generation() == 3);
  CHECK(keyring_of(joined).epoch == epoch + 1);
  const auto left = world.networks->rotate(world.main, {1min, 1h, {b.id}});
  REQUIRE(left);
  CHECK(keyring_of(left).epoch == epoch + 2);
  CHECK(keyring_of(left).member(b.id) == nullptr);
}

TEST_CASE("a network that can't be looked after is told, and the others have their keys") {
  MeshWorld world;
  MeshNode a(world, "a");
  const core::NetworkId other = world.ca->create_network("other")->id;
  a.enrol({"main", "other"});
  for (const core::NetworkId& broken : {world.main, other}) {
    world.clock.advance(31 * 24h);
    a.enrol({"main", "other"});
    const auto file = world.folder / "ca" / "keyrings" / (broken.text() + ".pem");
    const auto good = identity::read_file(file);
    REQUIRE(good);
    std::ofstream(file) << "damaged";
    const Upkeep done = world.networks->upkeep(30 * 24h);
    CHECK(done.made.size() == 1);
    REQUIRE(done.failed);
    CHECK(done.failed->about.find(broken.text()) != std::string::npos);
    std::ofstream(file) << *good;
  }
}

TEST_CASE("a network's key is replaced at its age, where there are members") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto empty = world.ca->create_network("empty")->id;
  a.enrol();
  REQUIRE(world.networks->refresh(empty));
  constexpr auto kAge = 30 * 24h;
  world.clock.advance(kAge - 1s);
  CHECK(world.networks->upkeep(kAge).made.empty());
  world.clock.advance(1s);
  CHECK(world.networks->upkeep(std::nullopt).made.empty());
  const auto made = world.networks->upkeep(kAge).made;
  REQUIRE(made.size() == 1);
  CHECK(keyring_of(made.front()).versions.back().version == 2);
  CHECK(world.networks->upkeep(kAge).made.empty());
  REQUIRE(a.holder->take(made.front()));
  world.clock.advance(kDefaultActivateAfter);
  REQUIRE(a.holder->tick());
  CHECK(a.active() == 2);
}

TEST_CASE("what is retired leaves the keyring and the CA's keystore, and the floors say so") {
  MeshWorld world;
  REQUIRE(world.networks->refresh(world.main));
  REQUIRE(world.networks->rotate(world.main, {1min, 1h, {}}));
  CHECK(world.store->entries().size() == 2);
  world.clock.advance(2h);
  const NetworkKeyring keyring = keyring_of(world.networks->refresh(world.main));
  REQUIRE(keyring.versions.size() == 1);
  CHECK(keyring.versions[0].version == 2);
  CHECK(keyring.floors == Floors{2, 2});
  CHECK(world.store->entries().size() == 1);
}

TEST_CASE("a network takes as many versions at once as a keyring has room for") {
  MeshWorld world;
  REQUIRE(world.networks->refresh(world.main));
  for (std::size_t i = 1; i < kMaxVersions; ++i) {
    REQUIRE(world.networks->rotate(world.main, {1min, 1h, {}}));
  }
  CHECK(world.networks->rotate(world.main, {1min, 1h, {}}).error().code == Errc::kConflict);
}

TEST_CASE("what an upkeep has made is given again by the next, as far as the CA's key signed it") {
  MeshWorld world;
  MeshNode a(world, "a");
  a.enrol();
  world.clock.advance(31 * 24h);
  a.enrol();
  const Upkeep first = world.networks->upkeep(30 * 24h);
  REQUIRE(first.made.size() == 1);
  CHECK(first.newest.size() == 1);
  const Upkeep second = world.networks->upkeep(30 * 24h);
  CHECK(second.made.empty());
  REQUIRE(second.newest.size() == 1);
  CHECK(second.newest.front().bytes() == first.made.front().bytes());
  REQUIRE(identity::Rotation(*world.ca).prepare(24h * 365));
  REQUIRE(identity::Rotation(*world.ca).activate());
  world.networks.reset();
  world.ca.reset();
  world.ca.emplace(*identity::Authority::open(world.host, world.folder / "ca"));
  world.networks.emplace(world.host, world.folder / "ca", *world.ca, *world.store);
  CHECK(world.networks->upkeep(std::nullopt).newest.empty());
}

TEST_CASE("a rewrap seals the same versions to the members and agreement keys of now") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto rotated = world.networks->rotate(world.main, {1h, 24h, {}});
  REQUIRE(a.holder->take(*rotated));
  REQUIRE(a.holder->rotate_agreement_key());
  b.enrol();
  REQUIRE(world.networks->admit(a.record(), {}));

  const auto again = world.networks->refresh(world.main);
  REQUIRE(again);
  const NetworkKeyring before = keyring_of(rotated), after = keyring_of(again);
  CHECK(again->generation() > rotated->generation());
  CHECK(after.versions == before.versions);
  CHECK(after.members.size() == 2);
  CHECK(after.member(a.id)->key_version == 2);
  REQUIRE(a.holder->take(*again));
  REQUIRE(b.holder->take(*again));
  CHECK(b.network_key(1) != nullptr);
  CHECK(b.network_key(2) != nullptr);
  CHECK(reads(b, seal_for_network(a), a.id));
}

TEST_CASE("T29: what the old root has signed is signed again by the new one, once") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto other = world.ca->create_network("other")->id;
  const auto old = a.enrol()[0];
  CHECK(world.networks->sign_again()->empty());  // all by the CA's own key
  REQUIRE(identity::Rotation(*world.ca).prepare(24h * 365));
  REQUIRE(identity::Rotation(*world.ca).activate());
  world.networks.reset();
  world.ca.reset();
  world.ca.emplace(*identity::Authority::open(world.host, world.folder / "ca"));
  NetworkAuthority networks(world.host, world.folder / "ca", *world.ca, *world.store);

  const auto again = networks.sign_again();
  REQUIRE(again);
  REQUIRE(again->size() == 1);  // the other network has no keys yet
  CHECK(again->front().signer() == world.ca->key().public_key());
  CHECK_FALSE(old.signer() == world.ca->key().public_key());
  CHECK(again->front().generation() > old.generation());
  CHECK(networks.sign_again()->empty());
  REQUIRE(a.holder->take(old));
  REQUIRE(a.holder->take(again->front()));
  CHECK(a.active() == 1);
  CHECK(networks.current(other).error().code == Errc::kNotFound);
}

TEST_CASE("an unknown network has no keys") {
  MeshWorld world;
  CHECK(world.networks->rotate({}, {}).error().code == Errc::kNotFound);
  CHECK(world.networks->refresh({}).error().code == Errc::kNotFound);
  CHECK(world.networks->current(world.main).error().code == Errc::kNotFound);
}

TEST_CASE("a keyring that names a member's key of the highest version is replaced by the next") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  a.enrol();
  b.enrol();
  const auto written = world.networks->current(world.main);
  NetworkKeyring keyring = keyring_of(written);
  for (KeyringMember& member : keyring.members) {
    member.key_version = member.node == b.id ? UINT32_MAX : member.key_version;
  }
  const auto statement =
      world.ca->state({written->key(), written->generation(), world.clock.wall(), keyring.bytes()});
  std::ofstream(world.folder / "ca" / "keyrings" / (world.main.text() + ".pem"))
      << statement->pem();
  CHECK(keyring_of(world.networks->rotate(world.main, {})).member(b.id)->key_version == 1);
}

TEST_CASE("T25: a rotation that a crash cuts short at any step is done by the next one") {
  for (int step = 0;; ++step) {
    MeshWorld world;
    MeshNode a(world, "a");
    REQUIRE(a.holder->take(a.enrol()[0]));
    world.store.reset();
    auto disk = test::FaultyDisk::crashing(step);
    const identity::Host host{disk, world.clock, world.random};
    {
      auto store = Keystore::open(host, world.folder / "ca", world.source, Use::kWrite);
      if (store) {
        NetworkAuthority networks(host, world.folder / "ca", *world.ca, *store);
        (void)networks.rotate(world.main, {0min, 1h, {}});
      }
    }
    auto store = Keystore::open(world.host, world.folder / "ca", world.source, Use::kWrite);
    REQUIRE(store);
    NetworkAuthority networks(world.host, world.folder / "ca", *world.ca, *store);
    const auto next = networks.rotate(world.main, {0min, 1h, {}});
    REQUIRE(next);
    REQUIRE(a.holder->take(*next));
    CHECK(a.active() == keyring_of(next).versions.back().version);
    if (!disk.struck()) {
      CHECK(step > 5);
      break;
    }
  }
}
