#include "keys/agreement_record.h"

#include "identity/profile.h"
#include "keyring_world.h"
#include "support/hex.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using core::Errc;

namespace {

struct Node {
  crypto::PrivateKey identity = *crypto::PrivateKey::generate();
  AgreementRecord record{identity::node_id_of(identity.public_key()), 3, new_key().public_key(),
                         kStart, kStart + kDay};
};

}  // namespace

TEST_CASE("W10: an agreement key is bound to the identity key that signs the request") {
  const Node node;
  const auto bytes = sign_agreement(node.record, node.identity);
  REQUIRE(bytes);
  const auto read = verify_agreement(*bytes, node.identity.public_key());
  REQUIRE(read);
  CHECK(*read == node.record);
  CHECK(verify_own_agreement(*bytes));
  CHECK(verify_agreement(*bytes, Node().identity.public_key()).error().code ==
        Errc::kAgreementKeyInvalid);
}

TEST_CASE("an agreement key that names another node proves nothing by itself") {
  Node node;
  node.record.node = id_of<core::NodeId>(0x66);
  const auto bytes = sign_agreement(node.record, node.identity);
  CHECK(verify_own_agreement(*bytes).error().code == Errc::kAgreementKeyInvalid);
}

TEST_CASE("an agreement key is refused after any change of a byte, and when it is cut") {
  const Node node;
  const core::Bytes bytes = *sign_agreement(node.record, node.identity);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    core::Bytes changed = bytes;
    changed[i] ^= 1;
    CHECK_FALSE(verify_agreement(changed, node.identity.public_key()));
    CHECK_FALSE(verify_agreement(core::ByteView(bytes).first(i), node.identity.public_key()));
  }
}

TEST_CASE("an agreement key without a version, or without a time, is refused") {
  const auto refused = [](auto change) {
    Node node;
    change(node.record);
    return !verify_own_agreement(*sign_agreement(node.record, node.identity));
  };
  CHECK_FALSE(refused([](AgreementRecord&) {}));
  CHECK(refused([](AgreementRecord& r) { r.version = 0; }));
  CHECK(refused([](AgreementRecord& r) { r.not_after_ms = r.not_before_ms; }));
}

TEST_CASE("an agreement key that no keyring can be sealed to is refused") {
  Node node;
  node.record.version = UINT32_MAX - 1;
  CHECK(verify_own_agreement(*sign_agreement(node.record, node.identity)));
  node.record.version = UINT32_MAX;
  CHECK(verify_own_agreement(*sign_agreement(node.record, node.identity)).error().code ==
        Errc::kAgreementKeyInvalid);
  node.record.version = 1;
  const auto any = new_key();
  for (const std::string_view low :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    core::Bytes raw = test::from_hex(low);
    for (const std::uint8_t unused_bit : {std::uint8_t{0}, std::uint8_t{0x80}}) {
      raw.back() |= unused_bit;
      node.record.key = *crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, raw);
      CHECK_FALSE(any.agree(node.record.key));
      CHECK(verify_own_agreement(*sign_agreement(node.record, node.identity)).error().code ==
            Errc::kAgreementKeyInvalid);
    }
  }
}
