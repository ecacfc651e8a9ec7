// What a keystore is encrypted under, and how that is changed.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "support/result_text.h"
#include "unit/keys/store.h"

using namespace runard;
using core::Errc;
using keys::KekKind;
using keys::KekSource;
using keys::Keystore;
using keys::Use;
using test::same;
using test::Store;
namespace fs = std::filesystem;

namespace {

crypto::SecretBytes secret(std::string_view text) {
  return crypto::SecretBytes::copy_of(core::as_bytes(text));
}

// As cheap as Argon2 gets.
KekSource passphrase(std::string_view text) {
  return *KekSource::passphrase(secret(text), {8, 1, 1});
}

KekSource credential(std::uint8_t fill) {
  return *KekSource::systemd(crypto::SecretBytes::copy_of(core::Bytes(48, fill)));
}

std::size_t files_in(const Store& store, std::string_view prefix) {
  std::size_t count = 0;
  for (const auto& found : fs::directory_iterator(store.folder.path())) {
    count += found.path().filename().string().starts_with(prefix) ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("a passphrase opens its keystore, and T23: any other is one and the same error") {
  Store store;
  store.source = passphrase("correct horse");
  REQUIRE(store.create(test::entries(2)));
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(2)));
  CHECK(Keystore::header_in(store.folder.path())->kek.cost == crypto::Argon2Params{8, 1, 1});

  std::string said;
  for (const char* wrong : {"correct hors", "Correct horse", "correct horse ", "x"}) {
    store.source = passphrase(wrong);
    const auto opened = store.open(Use::kRead);
    CHECK(opened.error().code == Errc::kKeystoreLocked);
    said = said.empty() ? opened.error().about : said;
    CHECK(opened.error().about == said);
  }
}

TEST_CASE("a credential opens its keystore, and no other credential does") {
  Store store;
  store.source = credential(1);
  REQUIRE(store.create(test::entries(2)));
  CHECK(store.open(Use::kRead));
  CHECK(files_in(store, "keystore.kek-") == 0);
  store.source = credential(2);
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreLocked);
}

TEST_CASE("the wrong kind of source is told as that") {
  Store store;
  store.source = passphrase("p");
  REQUIRE(store.create(test::entries(1)));
  store.source = KekSource::none();
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreKek);
  store.source = credential(1);
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreKek);
}

TEST_CASE("a keystore without its key's file does not open") {
  Store store;
  REQUIRE(store.create(test::entries(1)));
  fs::remove(
      keys::kek_file(store.folder.path(), Keystore::header_in(store.folder.path())->kek.file));
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreKek);
}

TEST_CASE("passphrases and credentials out of bounds are refused") {
  CHECK_FALSE(KekSource::passphrase(secret("")));
  CHECK_FALSE(KekSource::passphrase(crypto::SecretBytes(keys::kMaxPassphrase + 1)));
  CHECK_FALSE(KekSource::systemd(crypto::SecretBytes(keys::kMinCredential - 1)));
  CHECK_FALSE(KekSource::systemd(crypto::SecretBytes(keys::kMaxCredential + 1)));
}

TEST_CASE("a passphrase file is its first line, for its owner only") {
  Store store;
  const fs::path file = store.folder / "passphrase";
  std::ofstream(file) << "correct horse\n";
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  store.source = passphrase("correct horse");
  REQUIRE(store.create(test::entries(1)));
  store.source = *KekSource::from_passphrase_file(file);
  CHECK(store.open(Use::kRead));
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  CHECK(KekSource::from_passphrase_file(file).error().code == Errc::kFileMode);
  CHECK(KekSource::from_passphrase_file(store.folder / "none").error().code == Errc::kKeystoreKek);
  std::ofstream(store.folder / "empty") << "\n";
  REQUIRE(chmod((store.folder / "empty").c_str(), 0600) == 0);
  CHECK(KekSource::from_passphrase_file(store.folder / "empty").error().code == Errc::kKeystoreKek);
}

TEST_CASE("a credential is found where systemd puts it") {
  Store store;
  CHECK(KekSource::from_credentials("").error().code == Errc::kKeystoreKek);
  CHECK(KekSource::from_credentials(store.folder.path()).error().code == Errc::kKeystoreKek);
  const fs::path file = store.folder / "runard.kek";
  std::ofstream(file) << std::string(32, 'k');
  for (const mode_t mode : {0400, 0440}) {  // 0440: an access list names the service's user
    REQUIRE(chmod(file.c_str(), mode) == 0);
    CHECK(KekSource::from_credentials(store.folder.path()));
  }
  REQUIRE(chmod(file.c_str(), 0444) == 0);
  CHECK(KekSource::from_credentials(store.folder.path()).error().code == Errc::kFileMode);
}

TEST_CASE("rekey: neither generation opens with what opened it before") {
  Store store;
  store.source = passphrase("old");
  {
    auto made = store.create(test::entries(2));
    REQUIRE(made);
    REQUIRE(made->rekey(passphrase("new")));
    CHECK(made->generation() == 3);
    CHECK(same(made->entries(), test::entries(2)));
  }
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreLocked);
  fs::rename(store.folder / "keystore.rks", store.folder / "moved");
  CHECK(store.open(Use::kRead).error().code == Errc::kKeystoreLocked);
  fs::rename(store.folder / "moved", store.folder / "keystore.rks");
  store.source = passphrase("new");
  auto opened = store.open(Use::kWrite);
  REQUIRE(opened);
  REQUIRE(opened->commit(test::entries(3)));
}

TEST_CASE("rekey: from a key in a file to a passphrase no file stays, and back there is one") {
  Store store;
  {
    auto made = store.create(test::entries(2));
    REQUIRE(made);
    REQUIRE(made->rekey(KekSource::none()));
    CHECK(files_in(store, "keystore.kek-") == 1);
    REQUIRE(made->rekey(passphrase("new")));
    CHECK(files_in(store, "keystore.kek-") == 0);
    REQUIRE(made->rekey(KekSource::none()));
  }
  CHECK(files_in(store, "keystore.kek-") == 1);
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(2)));
}

TEST_CASE("rekey: one that was interrupted is finished when the keystore is opened next") {
  Store store;
  {
    auto made = store.create(test::entries(2));
    REQUIRE(made);
    fs::copy(store.folder / "keystore.rks", store.folder / "before");
    REQUIRE(made->rekey(credential(1)));
  }
  // As if it had stopped between the two generations.
  fs::rename(store.folder / "before", store.folder / "keystore.rks.1");
  store.source = credential(1);
  REQUIRE(store.open(Use::kWrite));
  fs::remove(store.folder / "keystore.rks");
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(2)));
}

TEST_CASE("no two generations are encrypted with one key") {
  Store store;
  auto made = store.create(test::entries(1));
  REQUIRE(made);
  const auto salt = Keystore::header_in(store.folder.path())->salt;
  REQUIRE(made->commit(test::entries(1)));
  CHECK(Keystore::header_in(store.folder.path())->salt != salt);
}
