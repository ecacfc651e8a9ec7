#include "keys/network_authority.h"

#include <fstream>

#include "identity/ca_copy.h"
#include "identity/revocation.h"
#include "identity/rotation.h"
#include "mesh_world.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

NetworkKeyring keyring_of(const core::Result<identity::Statement>& statement) {
  REQUIRE(statement);
  return *NetworkKeyring::parse(statement->body());
}

void deny(MeshWorld& world, const core::NodeId& node,
          std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds> until) {
  REQUIRE(identity::deny(
      *world.ca,
      {identity::DeniedWhat::kNode, node, {}, {}, until.time_since_epoch().count(), ""}));
}

std::vector<identity::Statement> removed(MeshWorld& world, const core::NodeId& node,
                                         std::optional<core::NetworkId> only = std::nullopt) {
  Rekeyed done = world.networks->remove(node, only);
  CHECK(done.failed.empty());
  return std::move(done.statements);
}

void make_versions(MeshWorld& world, std::size_t count) {
  while (keyring_of(world.networks->current(world.main)).versions.size() < count) {
    REQUIRE(world.networks->rotate(world.main, {}));
  }
}

}  // namespace

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

TEST_CASE("who was put out stays out until the CA signs for it again") {
  MeshWorld world;
  MeshNode b(world, "b");
  b.enrol();
  REQUIRE(world.networks->rotate(world.main, {1min, 1h, {b.id}}));
  CHECK(keyring_of(world.networks->refresh(world.main)).member(b.id) == nullptr);
  CHECK(keyring_of(b.enrol()[0]).member(b.id) != nullptr);
}

TEST_CASE("T18: a node that is denied for a time has no keys until it is over") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  a.enrol();
  b.enrol();
  const auto until = world.clock.wall() + 1h;
  deny(world, b.id, std::chrono::floor<std::chrono::milliseconds>(until));
  const auto without = removed(world, b.id);
  REQUIRE(without.size() == 1);
  CHECK(keyring_of(without.front()).member(b.id) == nullptr);
  CHECK(keyring_of(without.front()).versions.size() == 2);
  CHECK(removed(world, b.id).front().bytes() == without.front().bytes());
  CHECK(keyring_of(world.networks->refresh(world.main)).member(b.id) == nullptr);
  world.clock.advance(2h);
  CHECK(keyring_of(world.networks->refresh(world.main)).member(b.id) != nullptr);
}

TEST_CASE("who is off the denylist gets the keys again, but not of where it is out or denied yet") {
  MeshWorld world;
  MeshNode b(world, "b");
  const auto excluded = world.ca->create_network("excluded")->id;
  const auto denied = world.ca->create_network("denied")->id;
  b.enrol({"main", "excluded", "denied"});
  REQUIRE(world.networks->rotate(excluded, {1min, 1h, {b.id}}));
  identity::DeniedEntry entry{identity::DeniedWhat::kMembership, b.id, denied, {}, 0, ""};
  REQUIRE(identity::deny(*world.ca, entry));
  REQUIRE(removed(world, b.id, denied).size() == 1);
  deny(world, b.id, {});
  removed(world, b.id);
  entry.what = identity::DeniedWhat::kNode;
  entry.network = {};
  REQUIRE(identity::allow_again(*world.ca, entry));
  const auto back = world.networks->restore(b.id, std::nullopt);
  CHECK(back.failed.empty());
  REQUIRE(back.statements.size() == 1);
  CHECK(keyring_of(back.statements.front()).name == "main");
  CHECK(keyring_of(back.statements.front()).member(b.id) != nullptr);
  CHECK(keyring_of(world.networks->refresh(excluded)).member(b.id) == nullptr);
  CHECK(keyring_of(world.networks->refresh(denied)).member(b.id) == nullptr);
}

TEST_CASE("a node whose certificate has ended is no member any more") {
  MeshWorld world;
  MeshNode b(world, "b");
  b.enrol();
  world.clock.advance(91 * 24h);
  CHECK(keyring_of(world.networks->refresh(world.main)).member(b.id) == nullptr);
}

TEST_CASE("T19: a node that is signed again without a network is left out of its next key") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  world.ca->create_network("other");
  a.enrol();
  b.enrol();
  CHECK(world.networks->left_by(b.id)->empty());
  b.enrol({"other"});
  CHECK(world.networks->left_by(b.id).value() == std::vector<std::string>{"main"});
  CHECK(world.networks->left_by(a.id)->empty());
  const NetworkKeyring keyring = keyring_of(world.networks->refresh(world.main));
  CHECK(keyring.member(b.id) == nullptr);
  CHECK(keyring.versions.size() == 2);
  CHECK(world.networks->left_by(b.id)->empty());
  CHECK(keyring_of(world.networks->refresh(world.main)).versions.size() == 2);
}

TEST_CASE("T19: a node whose certificate has ended is left out of the next key") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  b.enrol();
  world.clock.advance(80 * 24h);
  a.enrol();
  CHECK(world.networks->upkeep(std::nullopt).made.empty());
  world.clock.advance(11 * 24h);
  const auto made = world.networks->upkeep(std::nullopt).made;
  REQUIRE(made.size() == 1);
  CHECK(keyring_of(made.front()).member(b.id) == nullptr);
  CHECK(keyring_of(made.front()).versions.size() == 2);
  CHECK(world.networks->upkeep(std::nullopt).made.empty());
}

TEST_CASE("members that go again and again fill no keyring, and the last key is owed") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  world.ca->create_network("other");
  a.enrol();
  b.enrol();
  for (std::size_t i = 1; i < kMostUnordered; ++i) {
    REQUIRE(world.networks->rotate(world.main, {}));
  }
  b.enrol({"other"});
  CHECK(keyring_of(world.networks->upkeep(1h).made.front()).versions.size() == kMostUnordered);
  CHECK(keyring_of(world.networks->current(world.main)).member(b.id) == nullptr);
  CHECK(world.networks->upkeep(1h).made.empty());
  CHECK(world.networks->rotate(world.main, {}));  // by order there is room
  world.clock.advance(8 * 24h);
  CHECK(world.networks->upkeep(std::nullopt).made.empty());  // and with that nothing is owed
  for (std::size_t i = 1; i < kMostUnordered; ++i) {
    REQUIRE(world.networks->rotate(world.main, {}));
  }
  b.enrol();
  b.enrol({"other"});
  REQUIRE(world.networks->upkeep(std::nullopt).made.size() == 1);
  world.clock.advance(8 * 24h);
  CHECK(keyring_of(world.networks->upkeep(std::nullopt).made.front()).versions.size() == 2);
  CHECK(world.networks->upkeep(std::nullopt).made.empty());
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

TEST_CASE("with copies of the CA, which renew on their own, only who is revoked is no member") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  a.enrol();
  b.enrol();
  REQUIRE(identity::copy_authority(*world.ca, world.folder / "copy"));
  world.clock.advance(91 * 24h);
  CHECK(keyring_of(world.networks->refresh(world.main)).members.size() == 2);
  deny(world, b.id, {});
  const auto without = removed(world, b.id);
  CHECK(keyring_of(without.front()).member(b.id) == nullptr);
  CHECK(keyring_of(without.front()).member(a.id) != nullptr);
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

TEST_CASE("T19: a node is revoked where there is no room for a key, which is owed then") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  a.enrol();
  b.enrol();
  make_versions(world, kMaxVersions);
  deny(world, b.id, {});
  for (int again = 0; again < 2; ++again) {
    const Rekeyed full = world.networks->remove(b.id, std::nullopt);
    REQUIRE(full.statements.size() == 1);
    CHECK(keyring_of(full.statements.front()).versions.size() == kMaxVersions);
    CHECK(keyring_of(full.statements.front()).member(b.id) == nullptr);
    CHECK(keyring_of(full.statements.front()).member(a.id) != nullptr);
    REQUIRE(full.failed.size() == 1);
    CHECK(full.failed.front().network == "main");
    CHECK(full.failed.front().why.code == Errc::kConflict);
  }
  world.clock.advance(8 * 24h);
  CHECK(keyring_of(removed(world, b.id).front()).versions.size() == 2);
}

TEST_CASE("T19: who left when the new key had to wait does not keep the newest when revoked") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  world.ca->create_network("other");
  a.enrol();
  b.enrol();
  make_versions(world, kMostUnordered);
  b.enrol({"other"});
  REQUIRE(world.networks->upkeep(std::nullopt).made.size() == 1);
  deny(world, b.id, {});
  const auto made = removed(world, b.id);
  REQUIRE_FALSE(made.empty());
  CHECK(keyring_of(made.front()).name == "main");
  CHECK(keyring_of(made.front()).versions.size() == kMostUnordered + 1);
}

TEST_CASE("T19: a network whose keys can't be changed keeps none of the others from it") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  world.ca->create_network("other");
  a.enrol({"main", "other"});
  b.enrol({"main", "other"});
  deny(world, b.id, {});
  std::ofstream(world.folder / "ca" / "keyrings" / (world.main.text() + ".pem")) << "damaged";
  const Rekeyed done = world.networks->remove(b.id, std::nullopt);
  REQUIRE(done.statements.size() == 1);
  CHECK(keyring_of(done.statements.front()).name == "other");
  CHECK(keyring_of(done.statements.front()).member(b.id) == nullptr);
  REQUIRE(done.failed.size() == 1);
  CHECK(done.failed.front().network == "main");
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

TEST_CASE("a request with an older agreement key, or another of the same version, is not taken") {
  MeshWorld world;
  MeshNode a(world, "a");
  const auto old = a.record();
  REQUIRE(a.holder->rotate_agreement_key());
  a.enrol();
  CHECK(world.networks->admit(old, {world.main}).error().code == Errc::kConflict);
  AgreementRecord other = a.record();
  other.key = old.key;
  CHECK(world.networks->admit(other, {world.main}).error().code == Errc::kConflict);
}

TEST_CASE("an agreement key that nothing can be sealed to keeps only its own node out") {
  MeshWorld world;
  MeshNode a(world, "a"), b(world, "b");
  a.enrol();
  b.enrol();
  AgreementRecord bad = b.record();  // of a book that an earlier version wrote
  SECTION("of the highest version") {
    bad.version = UINT32_MAX;
  }
  SECTION("of low order") {
    bad.version = 2;
    bad.key = *crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, core::Bytes(32));
  }
  const auto without = world.networks->admit(bad, {world.main});
  REQUIRE(without);
  const NetworkKeyring keyring = keyring_of(without->front());
  CHECK(keyring.member(a.id) != nullptr);
  CHECK(keyring.member(b.id) == nullptr);
  CHECK(world.networks->lapsed() == std::set<std::string>{"b"});
  CHECK(world.networks->rotate(world.main, {}));
  CHECK(world.networks->admit(a.record(), {world.main}));
  CHECK_FALSE(world.networks->upkeep(1ms).failed);
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

TEST_CASE("who is left out because its agreement key has ended is named") {
  MeshWorld world;
  MeshNode a(world, "a");
  MeshNode b(world, "b");
  a.enrol();
  b.enrol();
  CHECK(world.networks->refresh(world.main));
  CHECK(world.networks->lapsed().empty());
  world.clock.advance(24h * 367);
  // Certificates go on being renewed; b's request has its newest agreement key, a's has none.
  for (const MeshNode* node : {&a, &b}) {
    const auto request = *crypto::SigningRequest::create(node->key, node->name);
    REQUIRE(world.ca->sign({request, node->name, {"main"}, 90 * 24h, false}));
  }
  REQUIRE(b.holder->rotate_agreement_key());
  const auto statements = world.networks->admit(b.record(), {world.main});
  REQUIRE(statements);
  const auto keyring = NetworkKeyring::parse(statements->front().body());
  REQUIRE(keyring);
  CHECK(keyring->member(a.id) == nullptr);
  CHECK(keyring->member(b.id) != nullptr);
  CHECK(world.networks->lapsed() == std::set<std::string>{"a"});
}
