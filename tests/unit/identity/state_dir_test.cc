#include "identity/state_dir.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/durable_file.h"
#include "support/result_text.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using core::Errc;
using identity::StateDir;
using test::FaultyDisk;
using test::TempFolder;

namespace {

core::Result<std::uint64_t> epoch_in(const TempFolder& folder, identity::Disk& disk) {
  auto state = StateDir::open(disk, folder.path());
  REQUIRE(state);
  return state->next_epoch();
}

}  // namespace

TEST_CASE("a state directory is for one runard at a time") {
  const TempFolder folder;
  identity::SystemDisk disk;
  {
    const auto first = StateDir::open(disk, folder.path());
    REQUIRE(first);
    CHECK(StateDir::open(disk, folder.path()).error().code == Errc::kStateLocked);
  }
  CHECK(StateDir::open(disk, folder.path()));
}

TEST_CASE("a state directory that is missing or that others can change is refused") {
  const TempFolder folder;
  identity::SystemDisk disk;
  CHECK(StateDir::open(disk, folder / "none").error().code == Errc::kNotFound);
  REQUIRE(chmod(folder.path().c_str(), 0770) == 0);
  CHECK(StateDir::open(disk, folder.path()).error().code == Errc::kFileMode);
}

TEST_CASE("the epoch begins at 1 and grows with every start") {
  const TempFolder folder;
  identity::SystemDisk disk;
  CHECK(*epoch_in(folder, disk) == 1);
  CHECK(*epoch_in(folder, disk) == 2);
  CHECK(*epoch_in(folder, disk) == 3);
}

TEST_CASE("an epoch that could not be made durable is not used, and none comes twice") {
  const TempFolder folder;
  identity::SystemDisk healthy;
  REQUIRE(*epoch_in(folder, healthy) == 1);
  std::uint64_t last = 1;
  for (int step = 0; step < 7; ++step) {
    auto disk = FaultyDisk::crashing(step);
    CHECK_FALSE(epoch_in(folder, disk));
    const auto next = epoch_in(folder, healthy);
    REQUIRE(next);
    CHECK(*next > last);
    last = *next;
  }
}

TEST_CASE("an epoch file that holds no number is an error, not a fresh start") {
  const TempFolder folder;
  identity::SystemDisk disk;
  for (const char* text :
       {"", "\n", "x\n", "1", "-1\n", "1 \n", "18446744073709551615\n", "99999999999999999999\n"}) {
    std::ofstream(folder / "epoch") << text;
    INFO(text);
    CHECK(epoch_in(folder, disk).error().code == Errc::kIdentityUnreadable);
  }
}

TEST_CASE("the reset secret is random, kept, and for the owner only") {
  const TempFolder folder;
  const TempFolder other;
  identity::SystemDisk disk;
  core::SystemRandom random;
  const auto first = StateDir::open(disk, folder.path())->reset_secret(random);
  const auto again = StateDir::open(disk, folder.path())->reset_secret(random);
  const auto elsewhere = StateDir::open(disk, other.path())->reset_secret(random);
  REQUIRE(first);
  CHECK(first->size() == 32);
  CHECK(*first == *again);
  CHECK_FALSE(*first == *elsewhere);
  struct stat info{};
  REQUIRE(stat((folder / "reset.secret").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("a reset secret that is cut off or readable by others is refused") {
  const TempFolder folder;
  identity::SystemDisk disk;
  core::SystemRandom random;
  auto state = StateDir::open(disk, folder.path());
  REQUIRE(state->reset_secret(random));
  REQUIRE(chmod((folder / "reset.secret").c_str(), 0644) == 0);
  CHECK(state->reset_secret(random).error().code == Errc::kFileMode);
  REQUIRE(chmod((folder / "reset.secret").c_str(), 0600) == 0);
  std::filesystem::resize_file(folder / "reset.secret", 31);
  CHECK(state->reset_secret(random).error().code == Errc::kIdentityUnreadable);
}
