#include "keys/network_keyring.h"

#include "keyring_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

VersionState state(const NetworkKeyring& keyring, std::size_t index, std::uint64_t now,
                   const Floors& known = {}) {
  return KeyringTimes(keyring, known, now).state_of(keyring.versions[index]);
}

// What parse says of the world's keyring after `change`.
template <class Change>
Errc refused(Change change) {
  KeyringWorld world;
  change(world.keyring);
  const auto parsed = NetworkKeyring::parse(world.keyring.bytes());
  return parsed ? Errc{} : parsed.error().code;
}

}  // namespace

TEST_CASE("a keyring survives its bytes") {
  const KeyringWorld world;
  const auto parsed = NetworkKeyring::parse(world.keyring.bytes());
  REQUIRE(parsed);
  CHECK(*parsed == world.keyring);
  CHECK(parsed->bytes() == world.keyring.bytes());
}

TEST_CASE("a version is pending, active, good for decrypting, and then retired") {
  const NetworkKeyring keyring = KeyringWorld().keyring;
  CHECK(state(keyring, 0, kStart) == VersionState::kActive);
  CHECK(state(keyring, 1, kStart) == VersionState::kPending);
  CHECK(state(keyring, 0, kStart + kDay - 1) == VersionState::kActive);
  CHECK(state(keyring, 0, kStart + kDay) == VersionState::kDecryptOnly);
  CHECK(state(keyring, 1, kStart + kDay) == VersionState::kActive);
  CHECK(state(keyring, 0, kStart + 8 * kDay - 1) == VersionState::kDecryptOnly);
  CHECK(state(keyring, 0, kStart + 8 * kDay) == VersionState::kRetired);
  CHECK(state(keyring, 1, kStart + 1000 * kDay) == VersionState::kActive);
}

TEST_CASE("nothing is active before the first version's time") {
  const NetworkKeyring keyring = KeyringWorld().keyring;
  NetworkKeyring fresh = keyring;
  fresh.floors = {0, 0};
  CHECK(KeyringTimes(fresh, {}, kStart - 1).active() == nullptr);
}

TEST_CASE("a keyring tells when its next change is") {
  const NetworkKeyring keyring = KeyringWorld().keyring;
  CHECK(KeyringTimes(keyring, {}, kStart).next_ms() == kStart + kDay);
  CHECK(KeyringTimes(keyring, {}, kStart + kDay).next_ms() == kStart + 8 * kDay);
  CHECK(KeyringTimes(keyring, {}, kStart + 8 * kDay).next_ms() == std::nullopt);
}

TEST_CASE("W8: floors that were reached hold when the clock goes back") {
  const NetworkKeyring keyring = KeyringWorld().keyring;
  const Floors reached = KeyringTimes(keyring, {}, kStart + 8 * kDay).floors();
  CHECK(reached == Floors{2, 2});

  const KeyringTimes back(keyring, reached, kStart);

  CHECK(back.active()->version == 2);
  CHECK(back.state_of(keyring.versions[0]) == VersionState::kRetired);
  CHECK(back.floors() == reached);
}

TEST_CASE("the CA's floors activate and retire before the time") {
  NetworkKeyring keyring = KeyringWorld().keyring;
  keyring.floors = {2, 1};
  CHECK(KeyringTimes(keyring, {}, kStart).active()->version == 2);
  CHECK(state(keyring, 0, kStart) == VersionState::kDecryptOnly);
}

TEST_CASE("a keyring that leaves a gap, or is out of order, is refused") {
  CHECK(refused([](NetworkKeyring&) {}) == Errc{});
  CHECK(refused([](NetworkKeyring& k) { k.versions.clear(); }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { std::swap(k.versions[0], k.versions[1]); }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.versions[0].version = 0; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.versions[0].retires_ms = 0; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.versions[0].retires_ms = kStart + kDay - 1; }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.versions[1].retires_ms = kStart + 99 * kDay; }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.versions[1].activates_ms = kStart - 1; }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.floors.encryption = 3; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.floors.decryption = 2; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.name = "a b"; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.name = ""; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.sealed.push_back(0); }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { std::swap(k.members[0], k.members[1]); }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.members[1] = k.members[0]; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.members[0].enc.pop_back(); }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.members[0].wrapped.push_back(0); }) ==
        Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.members[0].key_version = 0; }) == Errc::kKeyringInvalid);
  CHECK(refused([](NetworkKeyring& k) { k.epoch = kMaxTime + 1; }) == Errc::kKeyringInvalid);
}

TEST_CASE("a keyring takes as many versions and members as its limits say, and no more") {
  const auto with = [](std::size_t versions, std::size_t members) {
    KeyringWorld world;
    NetworkKeyring& keyring = world.keyring;
    while (keyring.versions.size() < versions) {
      keyring.versions.back().retires_ms = kStart + kDay;
      keyring.versions.push_back(keyring.versions.back());
      keyring.versions.back().version += 1;
      keyring.versions.back().retires_ms = 0;
    }
    keyring.sealed.resize(versions * 32 + 16);
    for (std::size_t i = keyring.members.size(); i < members; ++i) {
      keyring.members.push_back(keyring.members.back());
      keyring.members.back().node.bytes = id_of<core::NodeId>(0xff).bytes;
      keyring.members.back().node.bytes[14] = static_cast<std::uint8_t>(i >> 8);
      keyring.members.back().node.bytes[15] = static_cast<std::uint8_t>(i);
    }
    return NetworkKeyring::parse(keyring.bytes()).has_value();
  };
  CHECK(with(kMaxVersions, 2));
  CHECK_FALSE(with(kMaxVersions + 1, 2));
  CHECK(with(2, kMaxMembers));
  CHECK_FALSE(with(2, kMaxMembers + 1));
}

TEST_CASE("a keyring cut off anywhere, or with something behind it, is refused") {
  const core::Bytes bytes = KeyringWorld().keyring.bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(NetworkKeyring::parse(core::ByteView(bytes).first(size)));
  }
  core::Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(NetworkKeyring::parse(longer));
}
