// A network's keys on their way from the CA to envelopes: rotation, removal, rollback.
#include "mesh_world.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

TEST_CASE("a member that the CA admits seals and opens with the network's key") {
  MeshWorld world;
  MeshNode a(world, "a");
  MeshNode b(world, "b");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto both = b.enrol()[0];
  REQUIRE(a.holder->take(both));
  REQUIRE(b.holder->take(both));
  CHECK(a.active() == 1);
  CHECK(reads(b, seal_for_network(a), a.id));
  CHECK(a.holder->directory().snapshot()->node(b.id) != nullptr);
}

TEST_CASE("T12: a member of one network gets no key of another one") {
  MeshWorld world;
  const auto other = world.ca->create_network("other")->id;
  MeshNode a(world, "a");
  MeshNode b(world, "b");
  REQUIRE(a.holder->take(a.enrol({"main"})[0]));
  const auto of_other = b.enrol({"other"})[0];
  REQUIRE(b.holder->take(of_other));
  REQUIRE(a.holder->take(of_other));
  const envelope::KeyAddress address{envelope::KeyKind::kNetwork, envelope::KeyId{other.bytes}, 1};
  CHECK(b.holder->ring().find(address) != nullptr);
  CHECK(a.holder->ring().find(address) == nullptr);
  CHECK(b.network_key(1) == nullptr);
}

TEST_CASE("T19: a removed member opens nothing that was sealed after the activation") {
  MeshWorld world;
  MeshNode a(world, "a");
  MeshNode b(world, "b");
  a.enrol();
  const auto first = b.enrol()[0];
  REQUIRE(a.holder->take(first));
  REQUIRE(b.holder->take(first));
  const auto before = seal_for_network(a);

  const auto rotated = world.networks->rotate(world.main, {10min, 24h * 7, {b.id}});
  REQUIRE(rotated);
  REQUIRE(a.holder->take(*rotated));
  REQUIRE(b.holder->take(*rotated));
  CHECK(a.active() == 1);  // pending until its time
  world.clock.advance(10min);
  REQUIRE(a.holder->tick());
  REQUIRE(b.holder->tick());

  CHECK(a.active() == 2);
  const auto after = seal_for_network(a);
  CHECK(reads(a, after, a.id));
  CHECK_FALSE(reads(b, after, a.id));
  // What it could read before it can still read: no rotation takes that back.
  CHECK(reads(b, before, a.id));
  CHECK(reads(a, before, a.id));
  CHECK(b.network_key(2) == nullptr);
}

TEST_CASE("W8: a network keeps its id through a rotation, and the old key ends after the overlap") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto before = seal_for_network(a);
  const auto rotated = world.networks->rotate(world.main, {1min, 1h, {}});
  REQUIRE(rotated);
  REQUIRE(a.holder->take(*rotated));
  world.clock.advance(1min);
  REQUIRE(a.holder->tick());
  CHECK(a.active() == 2);
  CHECK(reads(a, before, a.id));

  world.clock.advance(1h);
  REQUIRE(a.holder->tick());

  CHECK(a.network_key(1) == nullptr);
  CHECK_FALSE(reads(a, before, a.id));
  a.restart();
  REQUIRE(a.holder->take(*rotated));
  CHECK(a.network_key(1) == nullptr);
  CHECK(a.network_key(2) != nullptr);
}

TEST_CASE("the time of the next change is told, and a change comes at it") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto rotated = world.networks->rotate(world.main, {10s, 20s, {}});
  REQUIRE(a.holder->take(*rotated));
  const auto next = a.holder->tick();
  REQUIRE(next);
  CHECK(*next - world.clock.wall() == 10s);
  world.clock.advance(10s);
  const auto after = a.holder->tick();
  REQUIRE(after);
  CHECK(a.active() == 2);
  CHECK(*after - world.clock.wall() == 20s);
}

TEST_CASE("T18: an older keyring is refused, also after a restart") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto first = a.enrol()[0];
  REQUIRE(a.holder->take(first));
  const auto second = world.networks->rotate(world.main, {0min, 1h, {}});
  REQUIRE(a.holder->take(*second));
  CHECK(a.active() == 2);
  CHECK(a.holder->take(first).error().code == Errc::kKeyringOlder);
  a.restart();
  CHECK(a.holder->take(first).error().code == Errc::kKeyringOlder);
  REQUIRE(a.holder->take(*second));
  CHECK(a.active() == 2);
}

TEST_CASE("a node whose clock goes back keeps to the version that it reached") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto rotated = world.networks->rotate(world.main, {10min, 1h, {}});
  REQUIRE(a.holder->take(*rotated));
  world.clock.advance(10min);
  REQUIRE(a.holder->tick());
  world.clock.advance(-9min);
  a.restart();
  REQUIRE(a.holder->take(*rotated));
  CHECK(a.active() == 2);
}

TEST_CASE("the same statement taken twice changes nothing") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto first = a.enrol()[0];
  REQUIRE(a.holder->take(first));
  const auto generation = a.holder->directory().generation();
  const auto held = a.network_key(1);
  REQUIRE(a.holder->take(first));
  CHECK(a.holder->directory().generation() == generation);
  CHECK(a.network_key(1) == held);
}

TEST_CASE("T25: a keyring whose commit failed once is taken with the next look, and kept for") {
  MeshWorld world;
  test::FaultyDisk disk;
  MeshNode a(world, "a");
  a.holder.reset();
  a.store.reset();
  a.start(
      *Keystore::open({disk, world.clock, world.random}, a.folder(), world.source, Use::kWrite));
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto rotated = world.networks->rotate(world.main, {0min, 24h, {}});
  REQUIRE(rotated);
  REQUIRE(a.holder->rotate_agreement_key());  // the CA still seals to the one before

  disk = test::FaultyDisk::failing(0, ENOSPC);
  CHECK_FALSE(a.holder->take(*rotated));
  CHECK(a.active() == 1);
  INFO("while the disk is full nothing is dropped that the keyring needs");
  world.clock.advance(24h * 15);
  disk = test::FaultyDisk::failing(0, ENOSPC);
  CHECK_FALSE(a.holder->tick());
  CHECK(a.active() == 1);
  REQUIRE(a.holder->tick());
  CHECK(a.active() == 2);
  CHECK(a.network_key(2) != nullptr);
  CHECK(a.holder->network_info(world.main)->generation == rotated->generation());
}
