#include "keys/key_ring.h"

#include "envelope/signature.h"
#include "keyring_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;
using envelope::KeyAddress;
using envelope::KeyId;
using envelope::KeyKind;

namespace {

HeldKey held(const KeyAddress& address) {
  return {address, std::make_shared<const crypto::AgreementPrivateKey>(new_key())};
}

}  // namespace

TEST_CASE("a key ring finds a key by kind, id and version, all three") {
  const KeyAddress address{KeyKind::kNetwork, id_of<KeyId>(0x11), 2};
  const HeldKey key = held(address);
  KeyRing ring;
  REQUIRE(ring.hold({key}));
  CHECK(ring.find(address) == key.key);
  CHECK(ring.find({KeyKind::kNode, address.id, 2}) == nullptr);
  CHECK(ring.find({KeyKind::kNetwork, id_of<KeyId>(0x12), 2}) == nullptr);
  CHECK(ring.find({KeyKind::kNetwork, address.id, 1}) == nullptr);
}

TEST_CASE("a key that was taken from the ring is no longer found, and stays usable") {
  const KeyAddress address{KeyKind::kNode, id_of<KeyId>(0x11), 1};
  KeyRing ring;
  REQUIRE(ring.hold({held(address)}));
  const auto taken = ring.find(address);
  REQUIRE(ring.hold({}));
  CHECK(ring.find(address) == nullptr);
  CHECK(taken->public_key().raw().size() == 32);
}

TEST_CASE("more keys than a node may hold are refused, and what was held stays") {
  const KeyAddress address{KeyKind::kNode, id_of<KeyId>(0x11), 1};
  const HeldKey key = held(address);
  KeyRing ring;
  REQUIRE(ring.hold({key}));
  CHECK(ring.hold(std::vector<HeldKey>(kMaxHeldKeys + 1, key)).error().code ==
        Errc::kInvalidArgument);
  CHECK(ring.size() == 1);
}

TEST_CASE("a signing key is found by its node and its id, and only so") {
  const auto key = *crypto::PrivateKey::generate();
  const auto other = *crypto::PrivateKey::generate();
  const KeyId id = envelope::signer_id(key.public_key());
  const auto node = id_of<core::NodeId>(0xa1);
  KeyRing ring;
  ring.learn_signer(node, key.public_key());
  REQUIRE(ring.signer(node, id) != nullptr);
  CHECK(*ring.signer(node, id) == key.public_key());
  CHECK(ring.signer(id_of<core::NodeId>(0xb2), id) == nullptr);
  CHECK(ring.signer(node, envelope::signer_id(other.public_key())) == nullptr);

  ring.learn_signer(node, other.public_key());
  CHECK(ring.signer(node, id) == nullptr);
  ring.forget_signer(node);
  CHECK(ring.signer(node, envelope::signer_id(other.public_key())) == nullptr);
}

TEST_CASE("a key ring remembers so many signers, and forgets the first ones") {
  const auto key = *crypto::PrivateKey::generate();
  const KeyId id = envelope::signer_id(key.public_key());
  const auto node = [](std::size_t i) {
    core::NodeId made;
    made.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    made.bytes[1] = static_cast<std::uint8_t>(i);
    return made;
  };
  KeyRing ring;
  for (std::size_t i = 0; i <= kMaxSigners; ++i) {
    ring.learn_signer(node(i), key.public_key());
  }
  CHECK(ring.signer(node(0), id) == nullptr);
  CHECK(ring.signer(node(1), id) != nullptr);
  CHECK(ring.signer(node(kMaxSigners), id) != nullptr);
}
