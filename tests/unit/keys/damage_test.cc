// T23, T24, W13: what happens to a keystore that was changed, opened up or taken away.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "support/result_text.h"
#include "unit/keys/store.h"

using namespace runard;
using core::Errc;
using keys::Keystore;
using keys::KeystoreFile;
using keys::Use;
using test::same;
using test::Store;
namespace fs = std::filesystem;

namespace {

core::Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, core::ByteView bytes) {
  std::ofstream(path, std::ios::binary) << core::as_text(bytes);
}

bool is_refusal(Errc code) {
  return code == Errc::kKeystoreDamaged || code == Errc::kKeystoreLocked ||
         code == Errc::kKeystoreUnsupported || code == Errc::kKeystoreKek;
}

// A keystore of one generation.
struct OneFile : Store {
  OneFile() {
    REQUIRE(create(test::entries(2)));
    good = read(file);
  }
  fs::path file = folder / "keystore.rks";
  core::Bytes good;
};

}  // namespace

TEST_CASE("T23: no byte of a keystore can be changed, added or left out") {
  OneFile store;
  for (std::size_t at = 0; at < store.good.size(); ++at) {
    core::Bytes changed = store.good;
    changed[at] ^= 1;
    write(store.file, changed);
    const auto opened = store.open(Use::kRead);
    INFO("byte " << at);
    REQUIRE_FALSE(opened);
    CHECK(is_refusal(opened.error().code));
  }
  for (std::size_t size = 0; size < store.good.size(); ++size) {
    write(store.file, core::ByteView(store.good).first(size));
    CHECK(is_refusal(store.open(Use::kRead).error().code));
  }
  core::Bytes longer = store.good;
  longer.push_back(0);
  write(store.file, longer);
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreLocked);
  write(store.file, core::Bytes(keys::kMaxKeystoreFile + 1));
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreDamaged);
  write(store.file, store.good);
  CHECK(store.open(Use::kRead));
}

TEST_CASE("T23: a header that is edited is an authentication error, whatever it says") {
  OneFile store;
  const auto file = KeystoreFile::parse(store.good);
  REQUIRE(file);
  const core::Bytes sealed(store.good.begin() + static_cast<std::ptrdiff_t>(file->body_at),
                           store.good.end());
  const auto with = [&](const keys::KeystoreHeader& header) {
    const core::Bytes encoded = header.encode();
    core::Bytes bytes(store.good.begin(), store.good.begin() + 4);
    bytes.push_back(0);
    bytes.push_back(static_cast<std::uint8_t>(encoded.size()));
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    bytes.insert(bytes.end(), sealed.begin(), sealed.end());
    write(store.file, bytes);
    return store.open(Use::kRead).error().code;
  };
  keys::KeystoreHeader edited = file->header;
  edited.generation = 2;
  CHECK(with(edited) == Errc::kKeystoreLocked);
  edited = file->header;
  edited.node.bytes[0] ^= 1;
  CHECK(with(edited) == Errc::kKeystoreLocked);
  edited = file->header;
  edited.salt[31] ^= 1;
  CHECK(with(edited) == Errc::kKeystoreLocked);
  edited = file->header;
  edited.kek.kind = keys::KekKind::kSystemd;
  CHECK(with(edited) == Errc::kKeystoreKek);
}

TEST_CASE("W13: what is damaged or missing is an error, and nothing new is made") {
  OneFile store;
  write(store.file, core::as_bytes("damaged"));
  CHECK(store.open(Use::kWrite).error().code == Errc::kKeystoreDamaged);
  CHECK(store.create(test::entries(1)).error().code == Errc::kConflict);
  CHECK(read(store.file) == core::Bytes({'d', 'a', 'm', 'a', 'g', 'e', 'd'}));
  fs::remove(store.file);
  CHECK(store.open(Use::kWrite).error().code == Errc::kKeystoreMissing);
  CHECK_FALSE(fs::exists(store.file));
}

TEST_CASE("a damaged generation gives way to the one before it, and is not forgotten") {
  OneFile store;
  REQUIRE(store.open(Use::kWrite)->commit(test::entries(3)));
  write(store.file, core::ByteView(read(store.file)).first(100));
  auto opened = store.open(Use::kWrite);
  REQUIRE(opened);
  CHECK(opened->generation() == 1);
  REQUIRE(opened->fell_back());
  CHECK(opened->fell_back()->code == Errc::kKeystoreDamaged);

  // The next one replaces the damaged file and not the good one.
  REQUIRE(opened->commit(test::entries(4)));
  CHECK_FALSE(opened->fell_back());
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(4)));
  fs::remove(store.file);
  CHECK(store.open(Use::kRead)->generation() == 1);
}

TEST_CASE("a generation that is damaged is not numbered again") {
  OneFile store;
  REQUIRE(store.open(Use::kWrite)->commit(test::entries(3)));
  core::Bytes damaged = read(store.file);
  damaged.back() ^= 1;
  write(store.file, damaged);
  auto opened = store.open(Use::kWrite);
  REQUIRE(opened->commit(test::entries(4)));
  CHECK(opened->generation() == 3);
}

TEST_CASE("T24: a keystore that others can read, or in a folder open to them, is refused") {
  OneFile store;
  REQUIRE(chmod(store.file.c_str(), 0640) == 0);
  CHECK(store.open(Use::kRead).error().code == Errc::kFileMode);
  REQUIRE(chmod(store.file.c_str(), 0600) == 0);
  for (const mode_t mode : {0750, 0705, 0770}) {
    REQUIRE(chmod(store.folder.path().c_str(), mode) == 0);
    CHECK(store.open(Use::kRead).error().code == Errc::kFileMode);
  }
  REQUIRE(chmod(store.folder.path().c_str(), 0700) == 0);
  const auto kek =
      keys::kek_file(store.folder.path(), Keystore::header_in(store.folder.path())->kek.file);
  REQUIRE(chmod(kek.c_str(), 0604) == 0);
  CHECK(store.open(Use::kRead).error().code == Errc::kFileMode);
  REQUIRE(chmod(kek.c_str(), 0600) == 0);
  CHECK(store.open(Use::kRead));
}

TEST_CASE("T24: a link where the keystore should be is not followed") {
  OneFile store;
  fs::rename(store.file, store.folder / "elsewhere");
  fs::create_symlink(store.folder / "elsewhere", store.file);
  CHECK_FALSE(store.open(Use::kRead));
}

TEST_CASE("T24: links planted at the temporary name are neither followed nor written through") {
  OneFile store;
  const fs::path victim = store.folder / "victim";
  for (const bool hard : {false, true}) {
    write(victim, core::as_bytes("precious"));
    const fs::path planted = store.folder / ".keystore.rks.tmp";
    hard ? fs::create_hard_link(victim, planted) : fs::create_symlink(victim, planted);
    REQUIRE(store.open(Use::kWrite)->commit(test::entries(2)));
    CHECK(core::as_text(read(victim)) == "precious");
    CHECK_FALSE(fs::is_symlink(store.file));
    CHECK(fs::hard_link_count(store.file) == 1);
  }
}

TEST_CASE("T24: what is made is for its owner only, whatever the umask") {
  const mode_t before = umask(0);
  OneFile store;
  REQUIRE(store.open(Use::kWrite)->commit(test::entries(2)));
  umask(before);
  int files = 0;
  for (const auto& found : fs::directory_iterator(store.folder.path())) {
    struct stat info{};
    REQUIRE(stat(found.path().c_str(), &info) == 0);
    INFO(found.path());
    CHECK((info.st_mode & 07777) == 0600);
    ++files;
  }
  CHECK(files == 4);  // two generations, key, lock
}
