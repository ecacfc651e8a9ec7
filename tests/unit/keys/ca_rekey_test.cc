// A CA's passphrase is changed for all that is under it, or for nothing.
#include "keys/ca_rekey.h"

#include "identity/rotation.h"
#include "identity/sealed_key.h"
#include "identity/staged_files.h"
#include "keys/ca_folder.h"
#include "mesh_world.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;
namespace fs = std::filesystem;

namespace {

crypto::SecretBytes secret(std::string_view text) {
  return crypto::SecretBytes::copy_of(core::as_bytes(text));
}

// A CA whose network has a key, as it lies on the disk; its next root may be prepared.
struct Folder {
  explicit Folder(std::string_view passphrase, bool next = true) {
    {
      auto made = identity::Authority::create(host, ca, "acme", 24h * 3650, secret(passphrase));
      REQUIRE(made);
      REQUIRE(made->create_network("main"));
      REQUIRE((!next || identity::Rotation(*made).prepare(24h * 3650)));
    }
    REQUIRE(works(passphrase));
  }
  // Signs and has the network's key.
  bool works(std::string_view passphrase) const {
    const auto opened = CaFolder::open(host, ca, secret(passphrase));
    const auto known = identity::Authority::networks_in(ca);
    return opened && (*opened)->networks.refresh(known->front().id) &&
           (!fs::exists(ca / identity::kNextKeyFile) ||
            (*opened)->ca.read_key(ca / identity::kNextKeyFile));
  }
  core::Result<void> rekey(identity::Disk& by, std::string_view from, std::string_view to) const {
    return rekey_ca({by, clock, random}, ca, secret(from), secret(to));
  }
  // Files that the folder has, but for locks.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& file : fs::recursive_directory_iterator(ca)) {
      if (file.is_regular_file() && file.path().extension() != ".lock") {
        names.push_back(fs::relative(file.path(), ca));
      }
    }
    return names;
  }
  std::size_t count(std::string_view beginning) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        files(), [&](const std::string& name) { return name.starts_with(beginning); }));
  }

  test::TempFolder folder;
  const fs::path ca = folder / "ca";
  test::ManualClock clock;
  mutable core::SystemRandom random;
  mutable identity::SystemDisk disk;
  identity::Host host{disk, clock, random};
};

}  // namespace

TEST_CASE("a CA's new passphrase opens its key, the next root's and its networks' keys") {
  Folder world("horse");
  REQUIRE(world.rekey(world.disk, "horse", "cow"));
  CHECK(world.works("cow"));
  CHECK_FALSE(world.works("horse"));
  CHECK_FALSE(world.works(""));
  CHECK(world.rekey(world.disk, "horse", "cat").error().code == Errc::kKeystoreLocked);
}

TEST_CASE("a CA in clear gets a passphrase and loses it, and nothing in clear is left behind") {
  Folder world("");
  REQUIRE(world.count("keystore.kek-") == 1);
  REQUIRE(world.rekey(world.disk, "", "cow"));
  CHECK(world.count("keystore.kek-") == 0);
  CHECK(world.count("staged/") == 0);
  for (const char* key : {identity::kCaKeyFile, identity::kNextKeyFile}) {
    CHECK(identity::is_sealed_key(identity::read_secret(world.ca / key)->view()));
  }
  CHECK(world.works("cow"));
  REQUIRE(world.rekey(world.disk, "cow", ""));
  CHECK(world.count("keystore.kek-") == 1);
  CHECK(world.works(""));
}

TEST_CASE("T25: a rekey of a CA that a crash cuts short at any step happened as a whole or not") {
  bool before = false;
  bool after = false;
  for (int step = 0;; ++step) {
    INFO("step " << step);
    Folder world("", false);  // Argon2 takes its time
    auto disk = test::FaultyDisk::crashing(step);
    const auto done = world.rekey(disk, "", "cow");
    const bool old = identity::Authority::open(world.host, world.ca).has_value();
    CHECK(world.works(old ? "" : "cow"));
    CHECK((old || world.count("keystore.kek-") == 0));
    CHECK(world.count("staged/") + world.count("replacing") == 0);
    before = before || old;
    after = after || (!old && !done);
    if (!disk.struck()) {
      CHECK((done && !old));
      break;
    }
  }
  CHECK((before && after));
}

TEST_CASE("an old list of what a rekey replaces is taken as it is or refused, never half") {
  Folder world("");
  const auto text = [&](std::string_view list) {
    REQUIRE(identity::write_durably(world.disk, world.ca / "replacing", core::as_bytes(list),
                                    identity::kSecretMode));
    return identity::mend_staged(world.disk, world.ca);
  };
  CHECK(text("replace ../ca.key\n").error().code == Errc::kIdentityUnreadable);
  CHECK(text("remove\n").error().code == Errc::kIdentityUnreadable);
  CHECK(text("replace ca.key").error().code == Errc::kIdentityUnreadable);
  CHECK_FALSE(world.works(""));
  CHECK(text("replace nothing\nremove nothing\n"));
  CHECK(world.works(""));
}
