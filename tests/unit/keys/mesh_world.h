// A CA and nodes with keystores, in folders that go with the test: what happens to a network's keys
// from the CA to an envelope.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "envelope/opener.h"
#include "envelope/sealer.h"
#include "identity/durable_file.h"
#include "identity/profile.h"
#include "keys/key_holder.h"
#include "keys/network_authority.h"
#include "support/fakes.h"
#include "support/result_text.h"
#include "support/temp_folder.h"

namespace runard::keys::testing {

using namespace std::chrono_literals;

struct MeshWorld {
  MeshWorld() {
    ca.emplace(*identity::Authority::create(host, folder / "ca", "acme", 24h * 3650));
    store.emplace(*NetworkAuthority::open_store(host, folder / "ca", source));
    networks.emplace(host, folder / "ca", *ca, *store);
    main = ca->create_network("main")->id;
  }

  test::TempFolder folder;
  test::ManualClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  identity::Host host{disk, clock, random};
  KekSource source = KekSource::none();
  std::optional<identity::Authority> ca;
  std::optional<Keystore> store;
  std::optional<NetworkAuthority> networks;
  core::NetworkId main;
};

// A node of that mesh: its identity key, its keystore, and who keeps it.
struct MeshNode {
  MeshNode(MeshWorld& its_world, const std::string& its_name,
           std::optional<core::Duration> key_age = std::nullopt)
      : world(its_world),
        name(its_name),
        age(key_age),
        key(*crypto::PrivateKey::generate()),
        id(identity::node_id_of(key.public_key())) {
    std::filesystem::create_directory(folder());
    std::filesystem::permissions(folder(), std::filesystem::perms::owner_all);
    start(*Keystore::create(world.host, folder(), world.source, id, {}));
  }

  std::filesystem::path folder() const { return world.folder / name; }
  void start(Keystore opened) {
    store.emplace(std::move(opened));
    KeyHolder::World its{world.clock, world.random, core::Log(), ring, directory};
    if (age) {
      its.agreement_age = std::chrono::floor<std::chrono::milliseconds>(*age);
    }
    holder = std::make_unique<KeyHolder>(*store, id, its);
    REQUIRE(holder->start());
  }
  // As after a restart: what is on disk is all there is.
  void restart() {
    holder.reset();
    store.reset();
    REQUIRE(ring.hold({}));
    directory.replace({});
    start(*Keystore::open(world.host, folder(), world.source, Use::kWrite));
  }
  AgreementRecord record() const {
    return *verify_agreement(*holder->agreement_record(key), key.public_key());
  }
  // Signed by the CA for these networks; gives the statements.
  std::vector<identity::Statement> enrol(const std::vector<std::string>& network_names = {"main"}) {
    const auto request = *crypto::SigningRequest::create(key, name);
    REQUIRE(world.ca->sign({request, name, network_names, 90 * 24h, false}));
    std::vector<core::NetworkId> ids;
    for (const auto& network : *identity::Authority::networks_in(world.folder / "ca")) {
      if (std::ranges::find(network_names, network.name) != network_names.end()) {
        ids.push_back(network.id);
      }
    }
    auto statements = world.networks->admit(record(), ids);
    REQUIRE(statements);
    return std::move(*statements);
  }
  std::shared_ptr<const crypto::AgreementPrivateKey> network_key(std::uint32_t version) const {
    return holder->ring().find(
        {envelope::KeyKind::kNetwork, envelope::KeyId{world.main.bytes}, version});
  }
  // The version that it seals with; 0: none.
  std::uint32_t active() const {
    const auto snapshot = holder->directory().snapshot();
    const envelope::Recipient* recipient = snapshot->network(world.main);
    return recipient == nullptr ? 0 : recipient->address.version;
  }

  MeshWorld& world;
  const std::string name;
  const std::optional<core::Duration> age;  // of its agreement key; none: by order only
  crypto::PrivateKey key;
  core::NodeId id;
  std::optional<Keystore> store;
  KeyRing ring;
  Directory directory;
  std::unique_ptr<KeyHolder> holder;
};

// An envelope with one field for the network, sealed by this node with what is active there.
inline core::Buffer seal_for_network(const MeshNode& from) {
  envelope::EpochKeys epochs(from.id, from.world.clock, from.world.random);
  envelope::Sealer sealer(epochs, from.world.clock, from.world.random);
  const auto snapshot = from.holder->directory().snapshot();
  REQUIRE(snapshot->network(from.world.main) != nullptr);
  const auto recipients = *envelope::RecipientSet::make({*snapshot->network(from.world.main)});
  const core::Bytes value{0x63, 'A', 'n', 'n'};
  const envelope::Field field{"name", value};
  const std::string_view label = "system";
  const envelope::Group group{{&label, 1}, {&field, 1}, &recipients};
  envelope::Message message;
  message.type = "t";
  message.network = from.world.main;
  message.context = {envelope::Kind::kEvent, "users/ann", {}};
  message.groups = {&group, 1};
  auto sealed = sealer.seal(envelope::Suite::kX25519Aes, message, envelope::Mode::kFull);
  REQUIRE(sealed);
  return sealed->bytes;
}

// Whether that node reads the field; if not it is redacted.
inline bool reads(const MeshNode& node, const core::Buffer& envelope, const core::NodeId& sender) {
  envelope::KekCache cache;
  envelope::Opener opener(node.holder->ring(), cache);
  const auto outcome = opener.open(
      envelope.view(),
      {node.world.main, {envelope::Kind::kEvent, "users/ann", {}}, std::nullopt, sender});
  REQUIRE(outcome);
  return std::get<envelope::Opened>(*outcome).groups[0].fields.has_value();
}

}  // namespace runard::keys::testing
