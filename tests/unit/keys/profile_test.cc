// Profiles: certificates that their users sign, and keys that they give to nodes.
#include "keyring_world.h"
#include "mesh_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

struct User {
  crypto::PrivateKey root = *crypto::PrivateKey::generate();
  crypto::AgreementPrivateKey key = new_key();
  ProfileId id{identity::subject_of(root.public_key()).bytes};

  ProfileCertificate certificate(std::vector<core::NodeId> nodes) const {
    return {"ann", 1, key.public_key(), std::move(nodes), 1'800'000'000'000};
  }
  identity::Statement statement(const core::Clock& clock, std::vector<core::NodeId> nodes,
                                std::uint64_t generation = 1) const {
    return *identity::Statement::sign(
        {{identity::StatementKind::kProfile, identity::SubjectId{id.bytes}},
         generation,
         clock.wall(),
         certificate(std::move(nodes)).bytes()},
        root);
  }
};

}  // namespace

TEST_CASE("a profile's certificate survives its bytes, and no cut or longer ones are taken") {
  const auto certificate =
      User().certificate({id_of<core::NodeId>(0xa1), id_of<core::NodeId>(0xb2)});
  const core::Bytes bytes = certificate.bytes();
  const auto parsed = ProfileCertificate::parse(bytes);
  REQUIRE(parsed);
  CHECK(*parsed == certificate);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(ProfileCertificate::parse(core::ByteView(bytes).first(size)));
  }
  core::Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(ProfileCertificate::parse(longer));
}

TEST_CASE("a profile's certificate with a bad name, version or list of nodes is refused") {
  const auto refused = [](auto change) {
    auto certificate = User().certificate({id_of<core::NodeId>(1), id_of<core::NodeId>(2)});
    change(certificate);
    const auto parsed = ProfileCertificate::parse(certificate.bytes());
    return !parsed && parsed.error().code == Errc::kProfileInvalid;
  };
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto& c) { c.name = ""; }));
  CHECK(refused([](auto& c) { c.name = "a\nb"; }));
  CHECK(refused([](auto& c) { c.version = 0; }));
  CHECK(refused([](auto& c) { std::swap(c.nodes[0], c.nodes[1]); }));
  CHECK(refused([](auto& c) { c.nodes[1] = c.nodes[0]; }));
  CHECK(refused([](auto& c) { c.nodes.resize(kMaxProfileNodes + 1); }));
}

TEST_CASE("T14: the directory believes a profile only what its own root key signed") {
  MeshWorld world;
  MeshNode a(world, "a");
  const User ann;
  REQUIRE(a.holder->take(ann.statement(world.clock, {a.id})));
  const auto snapshot = a.holder->directory().snapshot();
  REQUIRE(snapshot->profile(ann.id) != nullptr);
  CHECK(snapshot->profile(ann.id)->recipient.key == ann.key.public_key());
  CHECK(snapshot->may_act(ann.id, a.id, 1'700'000'000'000));

  // Somebody else's root key says something about Ann: the statement is refused by who signed it.
  const User mallory;
  const auto forged = *identity::Statement::sign(
      {{identity::StatementKind::kProfile, identity::SubjectId{ann.id.bytes}},
       2,
       world.clock.wall(),
       mallory.certificate({a.id}).bytes()},
      mallory.root);
  const auto trust = *identity::TrustBundle::create({world.ca->certificate()});
  CHECK(forged.verify(trust, world.clock.wall()).error().code == Errc::kStatementUntrusted);
}

TEST_CASE("T14: a profile whose certificate has ended is nobody to seal to any more") {
  MeshWorld world;
  MeshNode a(world, "a");
  const User ann;
  REQUIRE(a.holder->take(ann.statement(world.clock, {a.id})));
  const auto end = core::WallTime(1'800'000'000'000ms);
  const auto next = a.holder->tick();
  REQUIRE(next);
  CHECK(*next <= end);
  world.clock.advance(end - world.clock.wall() - 1s);
  CHECK(a.holder->tick().value() == end);
  REQUIRE(a.holder->directory().snapshot()->profile(ann.id) != nullptr);
  const std::uint64_t before = a.holder->directory().generation();
  world.clock.advance(1s);
  REQUIRE(a.holder->tick());
  CHECK(a.holder->directory().snapshot()->profile(ann.id) == nullptr);
  CHECK(a.holder->directory().generation() == before + 1);
  INFO("one that its user makes anew is somebody again");
  ProfileCertificate again = ann.certificate({a.id});
  again.not_after_ms *= 2;
  REQUIRE(a.holder->take(*identity::Statement::sign(
      {{identity::StatementKind::kProfile, identity::SubjectId{ann.id.bytes}},
       2,
       world.clock.wall(),
       again.bytes()},
      ann.root)));
  CHECK(a.holder->directory().snapshot()->profile(ann.id) != nullptr);
}

TEST_CASE("a node opens for a profile only after its user gave it the key") {
  MeshWorld world;
  MeshNode a(world, "a");
  const User ann;
  REQUIRE(a.holder->take(ann.statement(world.clock, {a.id})));
  const envelope::KeyAddress address{envelope::KeyKind::kProfile, ann.id, 1};
  CHECK(a.holder->ring().find(address) == nullptr);

  const auto given = Delegation::seal(ann.id, 1, ann.key.raw()->view(), a.record(), world.random);
  REQUIRE(given);
  const auto parsed = Delegation::parse(given->bytes());
  REQUIRE(parsed);
  REQUIRE(a.holder->take(*parsed));

  REQUIRE(a.holder->ring().find(address) != nullptr);
  CHECK(a.holder->ring().find(address)->public_key() == ann.key.public_key());
  a.restart();
  CHECK(a.holder->ring().find(address) != nullptr);
}

TEST_CASE("a profile's key for another node, or not the published one, is refused") {
  MeshWorld world;
  MeshNode a(world, "a");
  MeshNode b(world, "b");
  const User ann;
  const auto key_for = [&](const MeshNode& node, const crypto::AgreementPrivateKey& key) {
    return *Delegation::seal(ann.id, 1, key.raw()->view(), node.record(), world.random);
  };
  CHECK(a.holder->take(key_for(a, ann.key)).error().code == Errc::kKeyMissing);
  REQUIRE(a.holder->take(ann.statement(world.clock, {a.id})));
  CHECK(a.holder->take(key_for(b, ann.key)).error().code == Errc::kKeyMissing);
  CHECK(a.holder->take(key_for(a, new_key())).error().code == Errc::kProfileInvalid);
  Delegation changed = key_for(a, ann.key);
  changed.wrapped[3] ^= 1;
  CHECK(a.holder->take(changed).error().code == Errc::kProfileInvalid);
  changed = key_for(a, ann.key);
  changed.enc.pop_back();
  CHECK_FALSE(Delegation::parse(changed.bytes()));
}

TEST_CASE("an older certificate of a profile is not taken back") {
  MeshWorld world;
  MeshNode a(world, "a");
  const User ann;
  REQUIRE(a.holder->take(ann.statement(world.clock, {}, 2)));
  CHECK(a.holder->take(ann.statement(world.clock, {a.id}, 1)).error().code ==
        Errc::kProfileInvalid);
}
