// T17: who made a message that comes from anywhere.
#include "envelope/rewrapper.h"
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

struct Store {
  Store()
      : alice_key(*crypto::PrivateKey::generate()), mallory_key(*crypto::PrivateKey::generate()) {
    profile.message.context = {Kind::kStored, "users/ann", {}};
    expected = profile.expected();
    expected.peer.reset();
    profile.bob.give_to(bob.ring);
    bob.ring.trust(kAlice, alice_key.public_key());
    bob.ring.trust(kMallory, mallory_key.public_key());
  }

  core::Bytes seal(const core::NodeId& sender, const crypto::PrivateKey& signer) {
    Sender by(sender);
    const auto sealed = by.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kOnce, &signer);
    REQUIRE(sealed);
    return {sealed->bytes.view().begin(), sealed->bytes.view().end()};
  }
  Errc open(const core::Bytes& bytes) { return code_of(bob.opener.open(bytes, expected)); }

  crypto::PrivateKey alice_key;
  crypto::PrivateKey mallory_key;
  Profile profile;
  Expected expected;
  Receiver bob;
};

}  // namespace

TEST_CASE("what is stored opens with the sender's signature") {
  Store store;
  const core::Bytes bytes = store.seal(kAlice, store.alice_key);
  const auto outcome = store.bob.opener.open(bytes, store.expected);
  CHECK(opened_of(outcome).is_signed);
  CHECK(opened_of(outcome).info.sender == kAlice);
}

TEST_CASE("what one node signed and says to be another's is refused") {
  Store store;
  CHECK(store.open(store.seal(kMallory, store.mallory_key)) == Errc{});
  CHECK(store.open(store.seal(kAlice, store.mallory_key)) == Errc::kEnvelopeSignature);
}

TEST_CASE("a signature with the name of another key is refused") {
  Store store;
  Forged forged(store.seal(kAlice, store.mallory_key));
  const KeyId alice_id = signer_id(store.alice_key.public_key());
  forged.signer.assign(alice_id.bytes.begin(), alice_id.bytes.end());
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
}

TEST_CASE("a signature of another message, or none, is refused") {
  Store store;
  Forged forged(store.seal(kAlice, store.alice_key));
  forged.signature = Forged(store.seal(kAlice, store.alice_key)).signature;
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
  forged.signature.clear();
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
}

TEST_CASE("what is stored needs a signature also from the sender itself") {
  Store store;
  Forged forged(store.seal(kAlice, store.alice_key));
  forged.signature.clear();
  store.expected.peer = kAlice;
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
}

TEST_CASE("an event that does not come from its sender needs a signature") {
  Store store;
  store.profile.message.context.kind = Kind::kEvent;
  store.expected.context.kind = Kind::kEvent;
  Forged forged(store.seal(kAlice, store.alice_key));
  CHECK(store.open(forged.bytes()) == Errc{});
  forged.signature.clear();
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
  store.expected.peer = kAlice;
  CHECK(store.open(forged.bytes()) == Errc{});
}

TEST_CASE("a signature that is there is checked, needed or not") {
  Store store;
  store.profile.message.context.kind = Kind::kEvent;
  store.expected.context.kind = Kind::kEvent;
  store.expected.peer = kAlice;
  Forged forged(store.seal(kAlice, store.alice_key));
  forged.signature.back() ^= 1;
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
}

TEST_CASE("the signature of something else by the same key is none of an envelope") {
  Store store;
  Forged forged(store.seal(kAlice, store.alice_key));
  const core::Bytes bytes = forged.bytes();
  const auto view = EnvelopeView::parse(bytes);
  forged.signature = *store.alice_key.sign(view->core_bytes);
  CHECK(store.open(forged.bytes()) == Errc::kEnvelopeSignature);
}

TEST_CASE("a signature survives a rewrap, and the old recipients are out") {
  Store store;
  const core::Bytes before = store.seal(kAlice, store.alice_key);
  const Holder dave({KeyKind::kNetwork, id_of<KeyId>(0xda), 2}, crypto::Kem::kX25519);
  const RecipientSet for_dave = *RecipientSet::make({dave.recipient()});
  core::SystemRandom random;
  Rewrapper rewrapper(store.bob.ring, random);

  const auto after = rewrapper.rewrap(before, [&](auto) { return &for_dave; });

  REQUIRE(after);
  CHECK(after->groups == 2);
  const core::Bytes bytes(after->bytes.view().begin(), after->bytes.view().end());
  Receiver by_dave;
  dave.give_to(by_dave.ring);
  by_dave.ring.trust(kAlice, store.alice_key.public_key());
  CHECK(text_of(by_dave.opener.open(bytes, store.expected)) ==
        text_of(store.bob.opener.open(before, store.expected)));
  CHECK(text_of(store.bob.opener.open(bytes, store.expected)) ==
        "name=63416e6e;[user ]redacted;[system user ]redacted;");
}
