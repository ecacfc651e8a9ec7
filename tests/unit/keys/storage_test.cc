#include "keys/storage.h"

#include "keyring_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

struct Stores {
  Stores() {
    add_storage_key(entries, kStart, random);
    storage.hold(entries);
  }
  core::Bytes sealed(std::string_view text) const {
    return *storage.seal(context, core::as_bytes(text));
  }
  Errc opens(const StorageContext& by, core::ByteView bytes) const {
    const auto opened = storage.open(by, bytes);
    return opened ? Errc{} : opened.error().code;
  }

  core::SystemRandom random;
  std::vector<Entry> entries;
  Storage storage{random};
  StorageContext context{"main", "notes"};
};

}  // namespace

TEST_CASE("a service gets back what it had sealed, the empty string too") {
  const Stores stores;
  for (const std::string_view text : {"", "x", "a longer text"}) {
    const core::Bytes sealed = stores.sealed(text);
    CHECK(sealed.size() == text.size() + kStorageOverhead);
    const auto opened = stores.storage.open(stores.context, sealed);
    REQUIRE(opened);
    CHECK(core::as_text(*opened) == text);
  }
}

TEST_CASE("another service's or network's context is refused") {
  const Stores stores;
  const core::Bytes sealed = stores.sealed("x");
  CHECK(stores.opens({"main", "other"}, sealed) == Errc::kStoredSecretInvalid);
  CHECK(stores.opens({"test", "notes"}, sealed) == Errc::kStoredSecretInvalid);
  // Where the network ends and the service begins is part of it.
  CHECK(stores.opens({"mainn", "otes"}, sealed) == Errc::kStoredSecretInvalid);
}

TEST_CASE("stored bytes are refused after any change of a byte, and when they are cut") {
  const Stores stores;
  const core::Bytes sealed = stores.sealed("text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    core::Bytes changed = sealed;
    changed[i] ^= 1;
    CHECK(stores.opens(stores.context, changed) == Errc::kStoredSecretInvalid);
    CHECK(stores.opens(stores.context, core::ByteView(sealed).first(i)) ==
          Errc::kStoredSecretInvalid);
  }
}

TEST_CASE("after a rotation old bytes open and new ones are under the new key") {
  Stores stores;
  const core::Bytes old = stores.sealed("old");
  add_storage_key(stores.entries, kStart + kDay, stores.random);
  stores.storage.hold(stores.entries);
  const core::Bytes fresh = stores.sealed("new");
  CHECK(old[4] == 1);
  CHECK(fresh[4] == 2);
  CHECK(stores.opens(stores.context, old) == Errc{});
  CHECK(stores.opens(stores.context, fresh) == Errc{});
  std::erase_if(stores.entries, [](const Entry& entry) { return entry.version == 1; });
  stores.storage.hold(stores.entries);
  CHECK(stores.opens(stores.context, old) == Errc::kStoredSecretInvalid);
}

TEST_CASE("another node's storage key opens nothing, and without one nothing is sealed") {
  const Stores stores;
  const Stores other;
  CHECK(other.opens(other.context, stores.sealed("x")) == Errc::kStoredSecretInvalid);
  core::SystemRandom random;
  const Storage empty(random);
  CHECK(empty.seal({"main", "notes"}, {}).error().code == Errc::kKeyMissing);
}

TEST_CASE("the same text sealed twice gives different bytes") {
  const Stores stores;
  CHECK_FALSE(stores.sealed("x") == stores.sealed("x"));
}

TEST_CASE("more than storage takes at once is refused") {
  const Stores stores;
  const core::Bytes much(kMaxStored + 1);
  CHECK(stores.storage.seal(stores.context, much).error().code == Errc::kTooLarge);
}

TEST_CASE("what the service calls its bytes is bound, and runs into nothing else") {
  const Stores stores;
  const StorageContext named{"main", "notes", "users/42"};
  const auto sealed = *stores.storage.seal(named, core::as_bytes("x"));
  CHECK(stores.storage.open(named, sealed));
  for (const StorageContext& other :
       {StorageContext{"main", "notes", ""}, StorageContext{"main", "notes", "users/4"},
        StorageContext{"main", "notesusers", "/42"}, StorageContext{"main", "notesusers/42", ""},
        StorageContext{"mainnotes", "", "users/42"}}) {
    CHECK(stores.storage.open(other, sealed).error().code == Errc::kStoredSecretInvalid);
  }
}

TEST_CASE("storage keys have a limit, and those that are there stay in use") {
  Stores stores;
  for (std::size_t i = 1; i < kMaxStorageKeys; ++i) {
    REQUIRE(add_storage_key(stores.entries, kStart + i, stores.random));
  }
  CHECK_FALSE(add_storage_key(stores.entries, kStart + kDay, stores.random));
  CHECK(stores.entries.size() == kMaxStorageKeys);
  CHECK(stores.entries.back().state == EntryState::kActive);
}
