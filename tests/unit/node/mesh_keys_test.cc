// Whom a profile's name means.
#include "node/mesh_keys.h"

#include <catch2/catch_test_macros.hpp>

#include "support/fakes.h"

using namespace runard;

namespace {

struct Names {
  crypto::AgreementPrivateKey new_key() {
    return *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
  }
  keys::ProfileEntry profile(std::uint8_t id, const std::string& name) {
    const keys::ProfileId profile{{id}};
    return {profile,
            name,
            {{envelope::KeyKind::kProfile, profile, 1}, new_key().public_key()},
            {},
            UINT64_MAX};
  }
  std::optional<core::ProfileId> find(const std::string& name) {
    return node::KeyDirectory(directory, networks, clock, ring).find_profile(name);
  }

  test::ManualClock clock;
  core::SystemRandom random;
  keys::Directory directory;
  keys::KeyRing ring;
  node::NetworkMap networks = *node::NetworkMap::make({}, {});
};

}  // namespace

TEST_CASE("T14: a profile that takes another one's name does not take its place") {
  Names names;
  const auto ann = names.profile(1, "ann");
  names.directory.replace({{}, {}, {ann}});
  CHECK(names.find("ann") == core::ProfileId{ann.id.bytes});
  CHECK(names.find("bob") == std::nullopt);
  names.directory.replace({{}, {}, {names.profile(2, "ann"), ann}});
  INFO("two mean nobody, but for the node that was given the key of one");
  CHECK(names.find("ann") == std::nullopt);
  REQUIRE(
      names.ring.hold({{ann.recipient.address,
                        std::make_shared<const crypto::AgreementPrivateKey>(names.new_key())}}));
  CHECK(names.find("ann") == core::ProfileId{ann.id.bytes});
}
