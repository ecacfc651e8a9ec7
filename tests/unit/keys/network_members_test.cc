// Who is a member of a network, and who is left out of its next key.
#include "keys/network_authority.h"

#include <fstream>

#include "identity/ca_copy.h"
#include "network_steps.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

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
