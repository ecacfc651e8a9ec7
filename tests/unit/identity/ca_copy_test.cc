// Copies of a CA's folder: what they have, what they may be used for.
#include "identity/ca_copy.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/durable_file.h"
#include "identity/issue.h"
#include "identity/revocation.h"
#include "identity/rotation.h"
#include "support/result_text.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using identity::Authority;
using identity::copy_authority;
using identity::has_copies;
using identity::is_copy;
using test::FaultyDisk;

namespace {

struct World {
  World() {
    auto made = Authority::create(host, ca, "acme", 24h * 365);
    REQUIRE(made);
    REQUIRE(made->create_network("main"));
    sign(*made, key);
  }
  Authority open() { return *Authority::open(host, ca); }
  core::Result<Authority> open_copy(Authority::Purpose purpose = Authority::Purpose::kRenewal) {
    return Authority::open(host, copy, {}, purpose);
  }
  static identity::Bundle sign(Authority& by, const crypto::PrivateKey& key) {
    const auto request = *crypto::SigningRequest::create(key, "web-1");
    auto bundle = by.sign({request, "web-1", {"main"}, 24h, false, {}, true});
    REQUIRE(bundle);
    return std::move(*bundle);
  }

  test::TempFolder folder;
  const std::filesystem::path ca = folder / "ca";
  const std::filesystem::path copy = folder / "copy";
  test::SetClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  identity::Host host{disk, clock, random};
  crypto::PrivateKey key = *crypto::PrivateKey::generate();
};

}  // namespace

TEST_CASE("a copy of a CA renews, and no serial of the two is the same") {
  World world;
  REQUIRE(copy_authority(world.open(), world.copy));
  CHECK((is_copy(world.copy) && !is_copy(world.ca) && has_copies(world.ca)));
  auto copy = world.open_copy();
  REQUIRE(copy);
  CHECK(copy->certificate() == world.open().certificate());
  CHECK(Authority::networks_in(world.copy)->size() == 1);
  const auto again = World::sign(*copy, world.key);
  CHECK(again.certificate.issued_by(world.open().certificate()));
  std::set<std::string> serials;
  for (const auto& folder : {world.ca, world.copy}) {
    for (const auto& record : *Authority::issued_in(folder).read()) {
      serials.insert(record.serial);
    }
  }
  CHECK(serials.size() == 2);
}

TEST_CASE("a copy of a CA is opened for nothing but renewals, and is not copied") {
  World world;
  REQUIRE(copy_authority(world.open(), world.copy));
  const auto refused = world.open_copy(Authority::Purpose::kAny);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kConflict);
  CHECK(refused.error().about.find("only renews") != std::string::npos);
}

TEST_CASE("a copy's secrets are for its owner only") {
  World world;
  REQUIRE(copy_authority(world.open(), world.copy));
  for (const char* name : {"ca.key", "issued.log"}) {
    struct stat found{};
    REQUIRE(stat((world.copy / name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a copy is brought up to date, a CA is never overwritten by one") {
  World world;
  REQUIRE(copy_authority(world.open(), world.copy));
  identity::DeniedEntry entry;
  entry.node.bytes.fill(7);
  REQUIRE(identity::deny(world.open(), entry));
  REQUIRE(world.open().create_network("more"));
  REQUIRE(copy_authority(world.open(), world.copy));
  CHECK(Authority::networks_in(world.copy)->size() == 2);
  CHECK(std::filesystem::exists(world.copy / identity::kDenylistFile));
  REQUIRE(identity::allow_again(world.open(), entry));

  const auto other = world.folder / "other";
  REQUIRE(Authority::create(world.host, other, "other", 24h));
  CHECK(copy_authority(world.open(), other).error().code == Errc::kConflict);
  CHECK(Authority::certificate_in(other)->common_name() == "other mesh CA");
  CHECK(copy_authority(world.open(), world.ca).error().code == Errc::kConflict);
  CHECK_FALSE(is_copy(world.ca));
}

TEST_CASE("a copy that is cut off at any step is no CA, or can be completed") {
  for (int step = 0; step < 80; ++step) {
    World world;
    FaultyDisk disk = FaultyDisk::crashing(step);
    const identity::Host host{disk, world.clock, world.random};
    bool done = false;
    if (const auto ca = Authority::open(host, world.ca)) {
      done = copy_authority(*ca, world.copy).has_value();
    }
    INFO("step " << step);
    CHECK_FALSE(world.open_copy(Authority::Purpose::kAny));
    if (std::filesystem::exists(world.copy / identity::kCaKeyFile)) {
      CHECK((is_copy(world.copy) && has_copies(world.ca)));
    }
    REQUIRE(copy_authority(world.open(), world.copy));
    CHECK(world.open_copy());
    if (done && !disk.struck()) {
      break;
    }
  }
}

TEST_CASE("T29: with copies, a node whose certificate has ended holds the old root, too") {
  World world;
  REQUIRE(copy_authority(world.open(), world.copy));
  REQUIRE(identity::Rotation(world.open()).prepare(24h * 365));
  REQUIRE(identity::Rotation(world.open()).activate());
  const auto log = *Authority::issued_in(world.ca).read();
  const auto later = world.clock.wall() + 48h;
  CHECK(identity::old_holders({log, 1, false}, {}, {}, later).empty());
  CHECK(identity::old_holders({log, 1, true}, {}, {}, later).size() == 1);
  CHECK(identity::Rotation(world.open()).held_back({}).value().size() == 1);
}
