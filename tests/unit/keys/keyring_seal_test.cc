#include "keys/keyring_seal.h"

#include "keyring_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

const auto kFirst = id_of<core::NodeId>(0xa1);
const auto kSecond = id_of<core::NodeId>(0xb2);

Errc code(const core::Result<std::vector<crypto::SecretBytes>>& opened) {
  return opened ? Errc{} : opened.error().code;
}

}  // namespace

TEST_CASE("each member finds the private key of each version in the keyring") {
  const KeyringWorld world;
  const core::NodeId members[] = {kFirst, kSecond};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto opened =
        open_keyring(world.keyring, world.context, members[i], world.member_keys[i]);
    REQUIRE(opened);
    REQUIRE(opened->size() == 2);
    CHECK((*opened)[0] == world.secrets[0]);
    CHECK((*opened)[1] == world.secrets[1]);
  }
}

TEST_CASE("T12: who is no member of a network gets nothing out of its keyring") {
  const KeyringWorld world;
  const auto stranger = new_key();
  const auto nobody = id_of<core::NodeId>(0xcc);
  CHECK(code(open_keyring(world.keyring, world.context, nobody, stranger)) == Errc::kKeyMissing);
  CHECK(code(open_keyring(world.keyring, world.context, kFirst, stranger)) ==
        Errc::kKeyringInvalid);
  // Another member's key does not open this member's part either.
  CHECK(code(open_keyring(world.keyring, world.context, kFirst, world.member_keys[1])) ==
        Errc::kKeyringInvalid);
}

TEST_CASE("a keyring does not open as another network's or generation's") {
  const KeyringWorld world;
  for (const KeyringContext& other :
       {KeyringContext{kMain, 8}, KeyringContext{id_of<core::NetworkId>(0x12), 7}}) {
    CHECK(code(open_keyring(world.keyring, other, kFirst, world.member_keys[0])) ==
          Errc::kKeyringInvalid);
  }
}

TEST_CASE("a keyring does not open after any change of what is public in it") {
  const auto opens = [](auto change) {
    KeyringWorld world;
    change(world.keyring);
    return code(open_keyring(world.keyring, world.context, kFirst, world.member_keys[0])) == Errc{};
  };
  CHECK(opens([](NetworkKeyring&) {}));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.name = "other"; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.epoch += 1; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.floors.encryption = 2; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.versions[1].activates_ms += 1; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.versions[1].key = k.versions[0].key; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.versions.pop_back(); }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.members[0].key_version = 2; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.sealed[0] ^= 1; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.members[0].wrapped[47] ^= 1; }));
  CHECK_FALSE(opens([](NetworkKeyring& k) { k.members[0].enc[0] ^= 1; }));
}

TEST_CASE("private keys that do not belong to the versions are not sealed") {
  KeyringWorld world;
  const core::ByteView swapped[] = {world.secrets[1].view(), world.secrets[0].view()};
  CHECK(seal_keyring(world.keyring, world.context, swapped, world.random).error().code ==
        Errc::kInvalidArgument);
  const core::ByteView one[] = {world.secrets[0].view()};
  CHECK(seal_keyring(world.keyring, world.context, one, world.random).error().code ==
        Errc::kInvalidArgument);
}

TEST_CASE("no private key stands in a keyring's bytes") {
  const KeyringWorld world;
  const core::Bytes bytes = world.keyring.bytes();
  for (const crypto::SecretBytes& secret : world.secrets) {
    CHECK(std::ranges::search(bytes, secret.view()).empty());
  }
}
