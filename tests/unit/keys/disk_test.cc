// T23: what lies on the disk of a node and of a CA, under a passphrase: no secret of any key.
#include <openssl/evp.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "mesh_world.h"
#include "support/hex.h"
#include "unit/keys/store.h"

using namespace runard;
using namespace runard::keys;
using namespace std::chrono_literals;
using test::Store;

namespace {

namespace fs = std::filesystem;

// As cheap as Argon2 gets.
KekSource passphrase() {
  return *KekSource::passphrase(crypto::SecretBytes::copy_of(core::as_bytes("correct horse")),
                                {8, 1, 1});
}

// Its Base64 after `before` other bytes, without the characters that share bits with others.
std::string base64(core::ByteView bytes, std::size_t before) {
  core::Bytes whole(before);
  whole.insert(whole.end(), bytes.begin(), bytes.end());
  std::string text(4 * (whole.size() / 3 + 1) + 1, '\0');
  text.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                               whole.data(), static_cast<int>(whole.size()))));
  return text.substr(4, text.size() - 8);
}

// In bytes, hexadecimal or Base64, whatever lines it is broken into.
bool has(const std::string& content, core::ByteView secret) {
  std::string joined = content;
  std::erase(joined, '\n');
  std::string hex = test::to_hex(secret);
  std::vector<std::string> forms{hex, base64(secret, 0), base64(secret, 1), base64(secret, 2)};
  std::ranges::transform(hex, hex.begin(),
                         [](char c) { return static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c); });
  forms.push_back(hex);
  return content.find(core::as_text(secret)) != std::string::npos ||
         std::ranges::any_of(forms, [&](const std::string& form) {
           return joined.find(form) != std::string::npos;
         });
}

// In how many files of the folder one of these secrets stands.
std::size_t files_with(const fs::path& folder, const std::vector<Entry>& entries) {
  std::size_t count = 0;
  for (const auto& found : fs::recursive_directory_iterator(folder)) {
    if (!found.is_regular_file()) {
      continue;
    }
    std::ifstream file(found.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    INFO(found.path().filename());
    count += std::ranges::any_of(
        entries, [&](const Entry& entry) { return has(content, entry.secret.view()); });
  }
  return count;
}

std::vector<Entry> one_of_each_kind(core::Random& random) {
  std::vector<Entry> entries;
  for (auto kind = static_cast<std::uint8_t>(EntryKind::kIdentity);
       kind <= static_cast<std::uint8_t>(EntryKind::kMark); ++kind) {
    Entry entry = test::entries(1)[0].copy();
    entry.kind = static_cast<EntryKind>(kind);
    entry.secret = crypto::SecretBytes(kind % 2 == 0 ? 32 : 240);
    random.fill(entry.secret.bytes());
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

TEST_CASE("T23: under a passphrase no file of a keystore has the secret of any kind of key") {
  Store store;
  store.source = passphrase();
  const auto first = one_of_each_kind(store.random);
  const auto second = one_of_each_kind(store.random);
  auto keystore = store.create(copy_of(first));
  REQUIRE(keystore);
  REQUIRE(keystore->commit(copy_of(second)));
  CHECK(test::same(keystore->entries(), second));
  CHECK(files_with(store.folder.path(), first) == 0);
  CHECK(files_with(store.folder.path(), second) == 0);

  const core::ByteView secret = second[0].secret.view();  // the look finds what is there
  std::ofstream(store.folder / "bytes") << "x" << core::as_text(secret);
  std::ofstream(store.folder / "hex") << test::to_hex(secret);
  for (const std::size_t before : {0, 1, 2}) {
    std::ofstream(store.folder / std::to_string(before)) << "ab\n" << base64(secret, before);
  }
  CHECK(files_with(store.folder.path(), second) == 5);
}

TEST_CASE("T23: under a passphrase no file of a CA has the secret of a network's key") {
  keys::testing::MeshWorld world;
  REQUIRE(world.store->rekey(passphrase()));
  keys::testing::MeshNode member(world, "member");
  member.enrol();
  REQUIRE(world.networks->rotate(world.main, {1min, 1h, {}}));
  REQUIRE(world.networks->refresh(world.ca->create_network("backup")->id));
  const std::vector<Entry>& entries = world.store->entries();
  CHECK(std::ranges::count(entries, EntryKind::kNetwork, &Entry::kind) == 3);
  CHECK(files_with(world.folder / "ca", entries) == 0);
  CHECK(fs::exists(world.folder / "ca" / "keyrings"));  // those, too, were looked through
}
