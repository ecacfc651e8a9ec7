// The key that a node's keyrings are sealed to: replaced by order and by age, and how long old ones
// are kept.
#include <set>

#include "mesh_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

bool holds_agreement(const MeshNode& node, std::uint32_t version) {
  return node.holder->ring().find(
             {envelope::KeyKind::kNode, envelope::KeyId{node.id.bytes}, version}) != nullptr;
}

EntryState state_of(const MeshNode& node, std::uint32_t version) {
  const Entry* entry = find_entry(node.store->entries(), EntryKind::kAgreement,
                                  envelope::KeyId{node.id.bytes}, version);
  REQUIRE(entry != nullptr);
  return entry->state;
}

// Ticks whenever the holder wants it, until that much time has gone by.
void live(MeshNode& node, core::Duration time) {
  const core::WallTime end = node.world.clock.wall() + time;
  for (auto next = node.holder->tick(); node.world.clock.wall() < end; next = node.holder->tick()) {
    REQUIRE(next);
    node.world.clock.advance(std::min(*next, end) - node.world.clock.wall());
  }
  REQUIRE(node.holder->tick());
}

constexpr core::Duration kAge = 30 * 24h;

}  // namespace

TEST_CASE("W12: a node's agreement key is replaced while its identity stays") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto old = a.record();
  REQUIRE(a.holder->rotate_agreement_key());
  const auto fresh = a.record();
  CHECK(fresh.node == old.node);
  CHECK(fresh.version == old.version + 1);
  CHECK_FALSE(fresh.key == old.key);

  // The CA seals to the old one until it has seen the new one; both open.
  const auto to_old = world.networks->rotate(world.main, {0min, 1h, {}});
  REQUIRE(a.holder->take(*to_old));
  CHECK(a.active() == 2);
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto to_new = world.networks->rotate(world.main, {0min, 1h, {}});
  world.clock.advance(kAgreementKept);
  REQUIRE(a.holder->tick());
  CHECK_FALSE(holds_agreement(a, old.version));
  REQUIRE(a.holder->take(*to_new));
  CHECK(a.network_key(3) != nullptr);
}

TEST_CASE("an agreement key that the CA still seals to is kept, however long ago it was replaced") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  REQUIRE(a.holder->rotate_agreement_key());
  live(a, 5 * kAgreementKept);
  CHECK(holds_agreement(a, 1));
  const auto to_old = world.networks->refresh(world.main);
  REQUIRE(a.holder->take(*to_old));
  CHECK(a.holder->take(*world.networks->rotate(world.main, {0min, 1h, {}})));
  CHECK(a.network_key(2) != nullptr);

  INFO("from when the CA has moved on, what is on its way opens for as long as ever");
  REQUIRE(a.holder->take(a.enrol()[0]));
  live(a, kAgreementKept - 1h);
  CHECK(holds_agreement(a, 1));
  live(a, 1h);
  CHECK_FALSE(holds_agreement(a, 1));
}

TEST_CASE("a keyring sealed to an agreement key that is gone leaves what is held in use") {
  MeshWorld world;
  MeshNode a(world, "a");
  REQUIRE(a.holder->take(a.enrol()[0]));
  const auto backup = *identity::read_file(world.folder / "ca" / "members");
  REQUIRE(a.holder->rotate_agreement_key());
  REQUIRE(a.holder->take(a.enrol()[0]));
  live(a, kAgreementKept);
  REQUIRE_FALSE(holds_agreement(a, 1));
  REQUIRE(identity::write_durably(world.disk, world.folder / "ca" / "members",
                                  core::as_bytes(backup), identity::kPublicMode));
  CHECK(a.holder->take(*world.networks->rotate(world.main, {1h, 24h, {}})));
  CHECK(a.network_key(1) != nullptr);
  CHECK(a.network_key(2) == nullptr);
}

TEST_CASE("an agreement key that is old enough is replaced, and the old one only opens") {
  MeshWorld world;
  MeshNode a(world, "a", kAge);
  REQUIRE(a.holder->take(a.enrol()[0]));
  live(a, kAge - kAge / 10 - 1h);
  CHECK(a.holder->agreement_version() == 1);
  live(a, kAge / 5 + 2h);
  CHECK(a.holder->agreement_version() == 2);
  CHECK(state_of(a, 1) == EntryState::kDecryptOnly);
  CHECK(a.record().version == 2);

  INFO("the next keyring of a CA that has not heard of it opens all the same, after a restart too");
  a.restart();
  const auto before = world.networks->rotate(world.main, {0min, 24h * 7, {}});
  REQUIRE(a.holder->take(*before));
  CHECK(a.active() == 2);
  CHECK(reads(a, seal_for_network(a), a.id));
  REQUIRE(a.holder->take(a.enrol()[0]));
  CHECK(reads(a, seal_for_network(a), a.id));
}

TEST_CASE("keys grow old one after the other, and only so many are kept") {
  MeshWorld world;
  MeshNode a(world, "a", kAge);
  for (std::uint32_t round = 1; round <= 6; ++round) {
    REQUIRE(a.holder->take(a.enrol()[0]));
    live(a, kAge + kAge / 10);
    CHECK(a.holder->agreement_version() > round);
  }
  const auto kept = std::ranges::count(a.store->entries(), EntryKind::kAgreement, &Entry::kind);
  CHECK(kept <= 3);
}

TEST_CASE("without an age an agreement key stays until somebody replaces it") {
  MeshWorld world;
  MeshNode a(world, "a");
  live(a, 100 * kAge);
  CHECK(a.holder->agreement_version() == 1);
}

TEST_CASE("nodes do not all replace their keys at once, and each always at the same time") {
  std::set<std::uint64_t> times;
  for (std::uint8_t i = 0; i < 50; ++i) {
    Entry entry;
    entry.kind = EntryKind::kAgreement;
    entry.id.bytes.fill(i);
    entry.created_ms = 1000;
    const auto due = replacement_due(entry, 1000h);
    CHECK(due == replacement_due(entry, 1000h));
    CHECK(due >= 1000 + 900ULL * 3600 * 1000);
    CHECK(due <= 1000 + 1100ULL * 3600 * 1000);
    times.insert(due);
  }
  CHECK(times.size() > 40);
}
