#include "identity/durable_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <optional>
#include <thread>

#include "identity/file_lock.h"
#include "support/result_text.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using identity::read_file;
using identity::read_secret;
using identity::write_durably;
using test::FaultyDisk;
using test::TempFolder;
namespace fs = std::filesystem;

namespace {

core::Result<void> write(identity::Disk& disk, const fs::path& path, std::string_view text) {
  return write_durably(disk, path, core::as_bytes(text), 0600);
}

void put(const fs::path& path, std::string_view text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(chmod(path.c_str(), mode) == 0);
}

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  REQUIRE(lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a durable write is temp file, fsync, rename and fsync of the folder, in this order") {
  const TempFolder folder;
  FaultyDisk disk;
  REQUIRE(write(disk, folder / "f", "new"));
  CHECK(disk.steps() == std::vector<std::string>{"remove", "create", "write", "sync", "close",
                                                 "rename", "sync_folder"});
  CHECK(*read_file(folder / "f") == "new");
  CHECK(mode_of(folder / "f") == 0600);
}

TEST_CASE("a write that fails at any step leaves the old content or the new one") {
  for (const int error : {EIO, ENOSPC}) {
    for (int step = 1; step < 7; ++step) {
      const TempFolder folder;
      put(folder / "f", "old");
      auto disk = FaultyDisk::failing(step, error);

      const auto written = write(disk, folder / "f", "brand new");

      INFO("step " << step << " " << disk.steps()[static_cast<std::size_t>(step)]);
      REQUIRE(disk.struck());
      CHECK(written.error().code == Errc::kSystem);
      CHECK(*read_file(folder / "f") == (step < 6 ? "old" : "brand new"));
      CHECK_FALSE(fs::exists(folder / ".f.tmp"));
    }
  }
}

TEST_CASE("a process killed at any step leaves the old content or the new one, and can go on") {
  for (int step = 0; step < 7; ++step) {
    const TempFolder folder;
    put(folder / "f", "old");
    auto disk = FaultyDisk::crashing(step);
    CHECK_FALSE(write(disk, folder / "f", "brand new"));
    INFO("step " << step);
    CHECK(*read_file(folder / "f") == (step < 6 ? "old" : "brand new"));

    identity::SystemDisk healthy;
    REQUIRE(write(healthy, folder / "f", "newer"));
    CHECK(*read_file(folder / "f") == "newer");
    CHECK_FALSE(fs::exists(folder / ".f.tmp"));
  }
}

TEST_CASE("an error of the disk names the file, the step and the reason") {
  const TempFolder folder;
  auto disk = FaultyDisk::failing(2, ENOSPC);
  const auto written = write(disk, folder / "f", "new");
  CHECK(written.error().about.ends_with("/.f.tmp: write: No space left on device"));
}

TEST_CASE("a link planted at the temporary name is not followed") {
  const TempFolder folder;
  put(folder / "victim", "untouched");
  fs::create_symlink(folder / "victim", folder / ".f.tmp");
  identity::SystemDisk disk;
  REQUIRE(write(disk, folder / "f", "new"));
  CHECK(*read_file(folder / "victim") == "untouched");
  CHECK(*read_file(folder / "f") == "new");
}

TEST_CASE("a folder that does not exist is an error, not made") {
  const TempFolder folder;
  identity::SystemDisk disk;
  CHECK(write(disk, folder / "missing/f", "new").error().code == Errc::kNotFound);
  CHECK_FALSE(fs::exists(folder / "missing"));
}

TEST_CASE("a private folder is made with mode 0700, one that others can change is refused") {
  const TempFolder folder;
  identity::SystemDisk disk;
  REQUIRE(identity::make_private_folder(disk, folder / "a"));
  CHECK(mode_of(folder / "a") == 0700);
  CHECK(identity::make_private_folder(disk, folder / "a"));
  REQUIRE(chmod((folder / "a").c_str(), 0777) == 0);
  CHECK(identity::make_private_folder(disk, folder / "a").error().code == Errc::kFileMode);
  put(folder / "file", "");
  CHECK(identity::make_private_folder(disk, folder / "file").error().code ==
        Errc::kInvalidArgument);
  CHECK(identity::make_private_folder(disk, folder / "b/c").error().code == Errc::kNotFound);
}

TEST_CASE("a file larger than the limit is refused, one of just that size is read") {
  const TempFolder folder;
  put(folder / "f", std::string(100, 'x'));
  CHECK(read_file(folder / "f", 100)->size() == 100);
  CHECK(read_file(folder / "f", 99).error().code == Errc::kTooLarge);
  put(folder / "empty", "");
  CHECK(read_file(folder / "empty", 0)->empty());
}

TEST_CASE("what is no file is not read") {
  const TempFolder folder;
  CHECK(read_file(folder / "none").error().code == Errc::kNotFound);
  CHECK(read_file(folder.path()).error().code == Errc::kInvalidArgument);
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(read_file(folder / "pipe").error().code == Errc::kInvalidArgument);
}

TEST_CASE("a secret that others may read, write or run is refused") {
  const TempFolder folder;
  put(folder / "s", "secret", 0600);
  CHECK(core::as_text(read_secret(folder / "s")->view()) == "secret");
  put(folder / "s", "secret", 0400);
  CHECK(read_secret(folder / "s"));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U, 0666U, 0777U}) {
    put(folder / "s", "secret", mode);
    INFO(mode);
    const auto secret = read_secret(folder / "s");
    CHECK(secret.error().code == Errc::kFileMode);
    CHECK(secret.error().about.find("secret file") == std::string::npos);
  }
}

TEST_CASE("a secret behind a link, in a folder's place or too large is refused") {
  const TempFolder folder;
  put(folder / "s", "secret");
  fs::create_symlink(folder / "s", folder / "link");
  CHECK_FALSE(read_secret(folder / "link"));
  CHECK_FALSE(read_secret(folder.path()));
  CHECK(read_secret(folder / "none").error().code == Errc::kNotFound);
  put(folder / "big", std::string(20000, 'x'));
  CHECK(read_secret(folder / "big").error().code == Errc::kTooLarge);
}

TEST_CASE("root, working in another user's folder, leaves files that this user owns") {
  if (geteuid() != 0) {
    SKIP("needs root");
  }
  const TempFolder folder;
  constexpr uid_t kSomeone = 12345;
  REQUIRE(chown(folder.path().c_str(), kSomeone, kSomeone) == 0);
  identity::SystemDisk disk;
  REQUIRE(write(disk, folder / "f", "secret"));
  REQUIRE(identity::make_private_folder(disk, folder / "inner"));
  struct stat info{};
  REQUIRE(stat((folder / "f").c_str(), &info) == 0);
  CHECK(info.st_uid == kSomeone);
  REQUIRE(stat((folder / "inner").c_str(), &info) == 0);
  CHECK(info.st_uid == kSomeone);
  CHECK(read_secret(folder / "f"));

  REQUIRE(chown((folder / "f").c_str(), kSomeone + 1, kSomeone) == 0);
  CHECK(read_secret(folder / "f").error().code == Errc::kFileMode);
}

TEST_CASE("a lock is held by one at a time and free again afterwards") {
  const TempFolder folder;
  {
    const auto first = identity::FileLock::acquire(folder / "lock");
    REQUIRE(first);
    CHECK(identity::FileLock::acquire(folder / "lock").error().code == Errc::kStateLocked);
  }
  CHECK(identity::FileLock::acquire(folder / "lock"));
  CHECK(identity::FileLock::acquire(folder / "no/lock").error().code == Errc::kNotFound);
}

TEST_CASE("who waits for a lock gets it when it is free, and no longer than its patience") {
  const TempFolder folder;
  auto held = std::make_optional(*identity::FileLock::acquire(folder / "lock"));
  CHECK(identity::FileLock::acquire(folder / "lock", 20ms).error().code == Errc::kStateLocked);
  std::atomic<bool> waits = false;
  std::optional<Errc> outcome;
  std::thread other([&] {
    waits = true;
    const auto lock = identity::FileLock::acquire(folder / "lock", identity::kLockPatience);
    outcome = lock ? Errc{} : lock.error().code;
  });
  while (!waits) {
    std::this_thread::yield();
  }
  held.reset();
  other.join();
  CHECK(outcome == Errc{});
}
