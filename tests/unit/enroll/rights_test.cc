// What an issuer grants besides a certificate, and to whom it grants nothing.
#include "enroll/rights.h"

#include <algorithm>
#include <fstream>

#include "identity/revocation.h"
#include "identity/rotation.h"
#include "support/result_text.h"
#include "unit/enroll/world.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using enroll::Office;
using identity::Statement;
using identity::StatementKind;
using test::EnrollWorld;
using test::NewNode;

namespace {

// A node whose request has an agreement key, as 'node csr' writes it.
struct SealedNode : NewNode {
  explicit SealedNode(EnrollWorld& world, std::uint32_t version = 1) {
    const auto own = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, world.random);
    ask_with(world, version, own.public_key());
  }
  void ask_with(EnrollWorld& world, std::uint32_t version,
                const crypto::AgreementPublicKey& agreement) {
    const auto now = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(world.clock.time.time_since_epoch())
            .count());
    const keys::AgreementRecord record{id, version, agreement, now, now + 86'400'000ULL * 366};
    request = keys::request_text(*crypto::SigningRequest::create(key, "wish"),
                                 *keys::sign_agreement(record, key));
  }
};

core::Result<identity::Bundle> enrol(EnrollWorld& world, const NewNode& node,
                                     const std::vector<std::string>& networks = {"prod"}) {
  auto order = world.order();
  order.networks = networks;
  const auto token = world.office().create(order);
  REQUIRE(token);
  return world.office().redeem({token->id, node.request, false}, {});
}

core::Result<identity::Bundle> renew(EnrollWorld& world, const NewNode& node,
                                     const identity::Bundle& bundle) {
  std::vector<core::Bytes> chain{bundle.certificate.der()};
  return world.office().renew({node.id, {node.request, chain}}, world.trust());
}

const Statement* keyring_in(const identity::Bundle& bundle) {
  const auto at = std::ranges::find_if(bundle.statements, [](const Statement& statement) {
    return statement.key().kind == StatementKind::kNetwork;
  });
  return at == bundle.statements.end() ? nullptr : &*at;
}

bool has_keys(const identity::Bundle& bundle, const core::NodeId& node) {
  const Statement* statement = keyring_in(bundle);
  return statement != nullptr &&
         keys::NetworkKeyring::parse(statement->body())->member(node) != nullptr;
}

core::NetworkId id_of(const EnrollWorld& world, const std::string& name) {
  const auto known = *identity::Authority::networks_in(world.ca());
  return std::ranges::find(known, name, &identity::NetworkDescriptor::name)->id;
}

void deny(EnrollWorld& world, const identity::DeniedEntry& entry) {
  const auto ca = identity::Authority::open(world.host, world.ca());
  REQUIRE(identity::deny(*ca, entry));
}

// Fills a network with nodes that the CA knows, as its files say it.
struct FullNetwork {
  FullNetwork(EnrollWorld& world, const std::string& name,
              std::size_t members = keys::kMaxMembers) {
    const auto own = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, world.random);
    std::ofstream log(world.ca() / "issued.log", std::ios::app);
    std::ofstream book(world.ca() / "members", std::ios::app);
    for (std::size_t i = 0; i < members; ++i) {
      world.random.fill(member.bytes);
      log << "2025-06-15T12:00:00Z serial=1 node=" << member.text() << " name=" << member.text()
          << " networks=" << name << " not_after=2099-01-01T00:00:00Z\n";
      book << "key " << member.text() << " 1 " << core::base32hex(own.public_key().raw())
           << " 4000000000000\n";
    }
    log.close();
    book.close();
    std::filesystem::permissions(world.ca() / "issued.log", std::filesystem::perms(0600));
    folder = *keys::CaFolder::open(world.host, world.ca(), {});
    REQUIRE(folder->networks.refresh(id_of(world, name)));
  }
  core::NodeId member;
  std::unique_ptr<keys::CaFolder> folder;
};

}  // namespace

TEST_CASE("who enrols gets the keys of its networks, and a bundle that can be checked") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto bundle = enrol(world, node);
  REQUIRE(bundle);
  CHECK(has_keys(*bundle, node.id));
  CHECK(identity::check_bundle(*bundle, world.clock.time));
  CHECK(identity::Bundle::parse(bundle->text()));
  const NewNode old;  // of an earlier version: a request without an agreement key
  const auto bare = enrol(world, old);
  REQUIRE(bare);
  CHECK(keyring_in(*bare) == nullptr);
}

TEST_CASE("a renewal is no news to a network, unless the node's agreement key is another") {
  EnrollWorld world;
  SealedNode node(world);
  const auto first = enrol(world, node);
  REQUIRE(first);
  world.clock.time += 16h;
  const auto second = renew(world, node, *first);
  REQUIRE(second);
  CHECK(keyring_in(*second)->generation() == keyring_in(*first)->generation());
  const keys::NodeRequest asked = *keys::NodeRequest::from_pem(node.request);
  keys::AgreementRecord record = *asked.agreement;
  record.version = 2;
  node.request = keys::request_text(asked.request, *keys::sign_agreement(record, node.key));
  const auto third = renew(world, node, *first);
  REQUIRE(third);
  CHECK(keyring_in(*third)->generation() == keyring_in(*first)->generation() + 1);
  CHECK(has_keys(*third, node.id));
}

TEST_CASE("an agreement key that another node signed costs no use and grants nothing") {
  EnrollWorld world;
  const SealedNode node(world);
  const NewNode other;
  const auto blocks = *keys::NodeRequest::from_pem(node.request);
  const std::string mixed = keys::request_text(*crypto::SigningRequest::create(other.key, "wish"),
                                               *keys::sign_agreement(*blocks.agreement, node.key));
  const auto token = world.office().create(world.order());
  CHECK_FALSE(world.office().redeem({token->id, mixed, false}, {}));
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == 0);
}

TEST_CASE("T18: a denied node or key enrols with no token, and no use is lost") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto token = world.office().create(world.order());
  const auto code = [&](const identity::Denylist& heard) {
    const auto bundle = world.office().redeem({token->id, node.request, false}, heard);
    return bundle ? Errc{} : bundle.error().code;
  };
  identity::Denylist heard;
  heard.nodes.insert(node.id);
  CHECK(code(heard) == Errc::kNodeDenied);
  heard = {};
  heard.keys.insert(crypto::sha256(node.key.public_key().spki()));
  CHECK(code(heard) == Errc::kNodeDenied);
  heard = {};
  heard.memberships.insert({node.id, id_of(world, "prod")});
  CHECK(code(heard) == Errc::kNodeDenied);
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == 0);
  heard = {};
  heard.memberships.insert({node.id, id_of(world, "test")});
  CHECK(code(heard) == Errc{});
}

TEST_CASE("T18: what the CA's folder denies counts before the mesh has heard of it") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto bundle = enrol(world, node);
  deny(world, {identity::DeniedWhat::kNode, node.id, {}, {}, 0, "sold"});
  CHECK(enrol(world, node).error().code == Errc::kNodeDenied);
  CHECK(renew(world, node, *bundle).error().code == Errc::kNodeDenied);
  CHECK(world.issued() == 1);
}

TEST_CASE("T18: a node that was put out of a network gets neither its name nor its keys again") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto wide = enrol(world, node, {"prod", "test"});
  REQUIRE(wide);
  {
    auto folder = keys::CaFolder::open(world.host, world.ca(), {});
    REQUIRE(folder);
    keys::Rotation rotation;
    rotation.exclude = {node.id};
    REQUIRE((*folder)->networks.rotate(id_of(world, "prod"), rotation));
  }
  const auto renewed = renew(world, node, *wide);
  REQUIRE(renewed);
  CHECK(renewed->networks.ids() == std::vector{id_of(world, "test")});
  CHECK(has_keys(*renewed, node.id));
  const auto folder = keys::CaFolder::open(world.host, world.ca(), {});
  const auto prod = (*folder)->networks.current(id_of(world, "prod"));
  CHECK(keys::NetworkKeyring::parse(prod->body())->member(node.id) == nullptr);
}

TEST_CASE("T18: a node that was revoked for a time is renewed with its networks when it is over") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto bundle = enrol(world, node, {"prod", "test"});
  REQUIRE(bundle);
  const auto until = std::chrono::floor<std::chrono::milliseconds>(world.clock.time + 1h);
  {
    auto folder = keys::CaFolder::open(world.host, world.ca(), {});
    REQUIRE(folder);
    REQUIRE(identity::deny(
        (*folder)->ca,
        {identity::DeniedWhat::kNode, node.id, {}, {}, until.time_since_epoch().count(), ""}));
    REQUIRE((*folder)->networks.remove(node.id, std::nullopt).failed.empty());
  }
  CHECK(renew(world, node, *bundle).error().code == Errc::kNodeDenied);
  world.clock.time += 2h;
  const auto renewed = renew(world, node, *bundle);
  REQUIRE(renewed);
  CHECK(renewed->networks.ids() == bundle->networks.ids());
  CHECK(has_keys(*renewed, node.id));
}

TEST_CASE("who has no place in a network costs no use, and nothing is signed") {
  EnrollWorld world;
  const SealedNode first(world);
  const auto token = world.office().create(world.order());
  {
    FullNetwork full(world, "prod");
    CHECK(full.folder->networks.check_room(full.member, {"prod", "test"}));
    CHECK(full.folder->networks.check_room(first.id, {"test"}));
  }
  const auto issued = world.issued();
  CHECK(world.office().redeem({token->id, first.request, false}, {}).error().code ==
        Errc::kTooLarge);
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == issued);
}

TEST_CASE("a bundle that no guest could be sent costs no use, and nothing is signed") {
  EnrollWorld world;
  auto order = world.order();
  order.networks.clear();
  {
    auto ca = identity::Authority::open(world.host, world.ca());
    REQUIRE(ca);
    for (const char* network : {"one", "two"}) {
      REQUIRE(ca->create_network(network));
      order.networks.emplace_back(network);
    }
  }
  for (const std::string& network : order.networks) {
    FullNetwork full(world, network, keys::kMaxMembers - 1);
  }
  const SealedNode node(world);
  const auto token = world.office().create(order);
  const auto issued = world.issued();
  CHECK(world.office().redeem({token->id, node.request, false}, {}).error().code ==
        Errc::kTooLarge);
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == issued);
  const NewNode bare;  // its bundle has no network's keys
  CHECK(world.office().redeem({token->id, bare.request, false}, {}));
}

TEST_CASE("what an operator granted stays granted when the node renews before it installs it") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto first = enrol(world, node);
  REQUIRE(first);
  const auto more = enrol(world, node, {"prod", "test"});  // not installed yet
  REQUIRE(more);
  const auto renewed = renew(world, node, *first);
  REQUIRE(renewed);
  CHECK(renewed->networks.networks().size() == 1);
  INFO("and a renewal takes no keys back meanwhile");
  const SealedNode other(world);
  const auto met = enrol(world, other, {"test"});
  REQUIRE(met);
  CHECK(has_keys(*met, node.id));
  world.clock.time += 1h;
  const auto after = renew(world, node, *more);
  REQUIRE(after);
  CHECK(after->networks.networks().size() == 2);
}

TEST_CASE("T29: after a rotation of the CA a renewal has the new root's signatures everywhere") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto before = enrol(world, node);
  REQUIRE(before);
  const auto both = [&](const crypto::Certificate& old) {
    return *identity::TrustBundle::create({old, *identity::Authority::certificate_in(world.ca())});
  };
  const auto old = *identity::Authority::certificate_in(world.ca());
  for (const bool activate : {false, true}) {
    const auto ca = identity::Authority::open(world.host, world.ca());
    REQUIRE(ca);
    const identity::Rotation rotation(*ca);
    CHECK((activate ? rotation.activate().has_value() : rotation.prepare(24h * 365).has_value()));
  }
  const std::vector<core::Bytes> chain{before->certificate.der()};
  const auto after = world.office().renew({node.id, {node.request, chain}}, both(old));
  REQUIRE(after);
  const auto alone =
      *identity::TrustBundle::create({*identity::Authority::certificate_in(world.ca())});
  CHECK(identity::verify_peer(std::vector<core::Bytes>{after->certificate.der()}, alone,
                              world.clock.time));
  CHECK(keyring_in(*after)->verify(alone, world.clock.time));
  CHECK_FALSE(keyring_in(*before)->verify(alone, world.clock.time));
}

TEST_CASE("a CA under a passphrase signs with it, and for nobody without it") {
  EnrollWorld world;
  const auto ca = world.folder / "sealed";
  const auto passphrase = [] {
    return crypto::SecretBytes::copy_of(core::as_bytes("open sesame"));
  };
  REQUIRE(identity::Authority::create(world.host, ca, "acme", 24h * 365, passphrase())
              ->create_network("prod"));
  const Office good(world.host, ca, passphrase());
  CHECK(good.check());
  CHECK(Office(world.host, ca).check().error().code == Errc::kKeystoreKek);
  const Office wrong(world.host, ca, crypto::SecretBytes::copy_of(core::as_bytes("sesame")));
  CHECK(wrong.check().error().code == Errc::kKeystoreLocked);
  const SealedNode node(world);
  const auto token = Office(world.host, ca).create(world.order());
  REQUIRE(token);
  CHECK_FALSE(wrong.redeem({token->id, node.request, false}, {}));
  CHECK(good.look_up(token->id)->left == 1);
  const auto bundle = good.redeem({token->id, node.request, false}, {});
  REQUIRE(bundle);
  CHECK(has_keys(*bundle, node.id));
}

TEST_CASE("a node's own bad agreement key refuses its renewal, and nobody else's") {
  EnrollWorld world;
  SealedNode bad(world), good(world);
  const auto mine = enrol(world, bad);
  const auto theirs = enrol(world, good);
  REQUIRE(mine);
  REQUIRE(theirs);
  const auto own = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, world.random);
  SECTION("of the highest version") {
    bad.ask_with(world, UINT32_MAX, own.public_key());
  }
  SECTION("of low order") {
    const core::Bytes zeros(32);
    bad.ask_with(world, 2, *crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, zeros));
  }
  const std::size_t before = world.issued();
  CHECK(renew(world, bad, *mine).error().code == Errc::kAgreementKeyInvalid);
  CHECK(world.issued() == before);
  const auto renewed = renew(world, good, *theirs);
  REQUIRE(renewed);
  CHECK(has_keys(*renewed, good.id));
}

TEST_CASE("a node whose agreement key went back is renewed without keys, and the issuer says so") {
  EnrollWorld world;
  SealedNode node(world, 2);
  const auto first = enrol(world, node);
  REQUIRE(first);
  const auto old = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, world.random);
  node.ask_with(world, 1, old.public_key());
  Office office = world.office();
  std::vector<Errc> told;
  office.on_keyless([&](const core::NodeId& whose, const core::Error& why) {
    CHECK(whose == node.id);
    told.push_back(why.code);
  });
  const auto renewed = office.renew(
      {node.id, {node.request, std::vector<core::Bytes>{first->certificate.der()}}}, world.trust());
  REQUIRE(renewed);
  CHECK(identity::check_bundle(*renewed, world.clock.time));
  CHECK(keyring_in(*renewed) == nullptr);
  CHECK(told == std::vector{Errc::kConflict});
  node.ask_with(world, 3, old.public_key());
  CHECK(has_keys(*renew(world, node, *renewed), node.id));
}

TEST_CASE("a renewal does not depend on the keys of its networks") {
  EnrollWorld world;
  const SealedNode node(world);
  const auto first = enrol(world, node);
  REQUIRE(first);
  const auto network = first->networks.ids().front();
  std::ofstream(world.ca() / "keyrings" / (network.text() + ".pem")) << "damaged";
  const auto renewed = renew(world, node, *first);
  REQUIRE(renewed);
  CHECK(keyring_in(*renewed) == nullptr);
}

TEST_CASE("an agreement key older than the CA knows uses no token and signs nothing") {
  EnrollWorld world;
  SealedNode node(world, 2);
  REQUIRE(enrol(world, node));
  const auto old = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, world.random);
  node.ask_with(world, 1, old.public_key());
  const auto token = world.office().create(world.order());
  REQUIRE(token);
  const std::size_t before = world.issued();
  CHECK(world.office().redeem({token->id, node.request, false}, {}).error().code ==
        Errc::kConflict);
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == before);
}
