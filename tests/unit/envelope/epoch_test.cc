// Epochs between a sender and its receivers: full, compact, unknown, forgotten.
#include "envelope/repacker.h"
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

struct Talk {
  Talk() { profile.bob.give_to(bob.ring); }

  core::Bytes seal(Mode mode) {
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, mode);
    REQUIRE(sealed);
    return {sealed->bytes.view().begin(), sealed->bytes.view().end()};
  }
  std::string open(core::ByteView bytes) {
    return text_of(bob.opener.open(bytes, profile.expected()));
  }

  Profile profile;
  Sender sender;
  Receiver bob;
};

KeyId epoch_in(const core::Bytes& bytes, std::size_t group = 0) {
  const auto view = EnvelopeView::parse(bytes);
  return *epoch_of(view->groups()[group]);
}

}  // namespace

TEST_CASE("after a full envelope compact ones open, and they are smaller") {
  Talk talk;
  const core::Bytes full = talk.seal(Mode::kFull);
  const core::Bytes compact = talk.seal(Mode::kCompact);
  const std::string all = talk.open(full);
  CHECK(talk.open(compact) == all);
  CHECK(talk.bob.cache.size() == 2);
  CHECK(full.size() - compact.size() > 300);
}

TEST_CASE("a compact envelope of an epoch that was never seen says which one is missing") {
  Talk talk;
  const core::Bytes compact = talk.seal(Mode::kCompact);
  const auto outcome = talk.bob.opener.open(compact, talk.profile.expected());
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<KekUnknown>(*outcome));
  CHECK(std::get<KekUnknown>(*outcome).kek == epoch_in(compact));
}

TEST_CASE("the answer to an unknown epoch is the same message in full") {
  Talk talk;
  const core::Bytes compact = talk.seal(Mode::kCompact);
  CHECK(talk.open(compact) == "kek unknown");
  Repacker repacker(talk.sender.epochs);

  const auto full = repacker.repack(compact, Mode::kFull);

  REQUIRE(full);
  CHECK(EnvelopeView::parse(full->view())->info.id == EnvelopeView::parse(compact)->info.id);
  CHECK(talk.open(full->view()).starts_with("name="));
  CHECK(talk.open(compact).starts_with("name="));
  const auto back = repacker.repack(full->view(), Mode::kCompact);
  REQUIRE(back);
  CHECK(std::ranges::equal(back->view(), compact));
}

TEST_CASE("a repacker that no longer has the epoch says so") {
  Talk talk;
  const core::Bytes compact = talk.seal(Mode::kCompact);
  talk.sender.epochs.forget_all();
  Repacker repacker(talk.sender.epochs);
  CHECK(repacker.repack(compact, Mode::kFull).error().code == Errc::kNotFound);
  CHECK(repacker.repack(compact, Mode::kOnce).error().code == Errc::kInvalidArgument);
  CHECK(repacker.repack({}, Mode::kFull).error().code == Errc::kEnvelopeMalformed);
}

TEST_CASE("a repacker leaves groups without an epoch alone") {
  Talk talk;
  const core::Bytes once = talk.seal(Mode::kOnce);
  Repacker repacker(talk.sender.epochs);
  CHECK(std::ranges::equal(repacker.repack(once, Mode::kCompact)->view(), once));
}

TEST_CASE("a group that is for others is redacted in compact envelopes too, and nobody is asked") {
  Talk talk;
  Receiver carol;
  talk.profile.carol.give_to(carol.ring);
  const auto open = [&](const core::Bytes& bytes) {
    return text_of(carol.opener.open(bytes, talk.profile.expected()));
  };
  CHECK(open(talk.seal(Mode::kCompact)) == "kek unknown");
  const std::string seen = open(talk.seal(Mode::kFull));
  CHECK(seen.find("[user ]redacted") != std::string::npos);
  CHECK(open(talk.seal(Mode::kCompact)) == seen);

  carol.cache.forget_for_others();
  CHECK(open(talk.seal(Mode::kCompact)) == "kek unknown");
}

TEST_CASE("a key that came later opens full envelopes at once") {
  Talk talk;
  Receiver late;
  const auto open = [&](const core::Bytes& bytes) {
    return text_of(late.opener.open(bytes, talk.profile.expected()));
  };
  CHECK(open(talk.seal(Mode::kFull)).find("redacted") != std::string::npos);
  talk.profile.bob.give_to(late.ring);
  CHECK(open(talk.seal(Mode::kFull)).find("redacted") == std::string::npos);
}

TEST_CASE("only the sender itself can say that an epoch is for others") {
  Talk talk;
  const auto identity = crypto::PrivateKey::generate();
  talk.bob.ring.trust(kAlice, identity->public_key());
  talk.profile.message.context.kind = Kind::kEvent;
  const auto sealed =
      talk.sender.sealer.seal(Suite::kX25519Aes, talk.profile.message, Mode::kFull, &*identity);
  // Somebody in between takes Bob's stanza away.
  Forged forged(sealed->bytes.view());
  forged.groups[0].stanzas[1].id = core::Bytes(16, 0x99);
  Expected relayed = talk.profile.expected();
  relayed.peer.reset();
  CHECK(text_of(talk.bob.opener.open(forged.bytes(), relayed)).find("[user ]redacted") !=
        std::string::npos);
  // What Bob then gets from Alice is not affected.
  CHECK(talk.open(talk.seal(Mode::kCompact)) == "kek unknown");
}

TEST_CASE("a KEK under the id of another epoch is refused and not kept") {
  // Mallory is a recipient of one epoch of Alice's and knows its KEK, but not that of another. She
  // wraps the one she knows under the other's id.
  Talk talk;
  const core::Bytes full = talk.seal(Mode::kFull);
  const auto known = talk.sender.epochs.find(epoch_in(full, 1));
  const KeyId other = epoch_in(full, 0);
  core::SystemRandom random;
  Secret kek;
  std::ranges::copy(known->kek.view(), kek.bytes().begin());
  core::Bytes items;
  REQUIRE(append_stanzas(
      Wrapping::of_kek(Suite::kX25519Aes, kAlice, other, talk.profile.for_bob.fingerprint()),
      talk.profile.for_bob, kek, random, items));
  Forged forged(full);
  core::Bytes list{0x81};
  list.insert(list.end(), items.begin(), items.end());
  GroupView one;
  one.stanzas = list;
  one.stanza_count = 1;
  StanzaReader reader(one);
  Stanza stanza;
  REQUIRE(reader.next(stanza));
  forged.groups[0].stanzas[1].enc.assign(stanza.enc.begin(), stanza.enc.end());
  forged.groups[0].stanzas[1].wrapped.assign(stanza.wrapped.begin(), stanza.wrapped.end());

  CHECK(talk.open(forged.bytes()) == "ENVELOPE_STANZA");
  CHECK(talk.bob.cache.size() == 0);
  CHECK(talk.open(full).starts_with("name="));
}

TEST_CASE("a KEK is not kept when the message turns out to be wrong") {
  Talk talk;
  Forged forged(talk.seal(Mode::kFull));
  forged.groups[0].hmac[0] ^= 1;
  CHECK(talk.open(forged.bytes()) == "ENVELOPE_RECIPIENTS");
  CHECK(talk.bob.cache.size() == 0);
}

TEST_CASE("another sender's epoch is not this one's") {
  Talk talk;
  talk.open(talk.seal(Mode::kFull));
  Forged forged(talk.seal(Mode::kCompact));
  forged.sender.assign(kMallory.bytes.begin(), kMallory.bytes.end());
  Expected from_mallory = talk.profile.expected();
  from_mallory.peer = kMallory;
  CHECK(text_of(talk.bob.opener.open(forged.bytes(), from_mallory)) == "kek unknown");
}

TEST_CASE("an error in one group counts more than an unknown epoch in another") {
  Talk talk;
  Receiver carol;
  talk.profile.carol.give_to(carol.ring);
  carol.opener.open(talk.seal(Mode::kFull), talk.profile.expected()).has_value();
  carol.cache.forget_for_others();
  Forged forged(talk.seal(Mode::kCompact));
  forged.groups[1].hmac[0] ^= 1;
  CHECK(text_of(carol.opener.open(forged.bytes(), talk.profile.expected())) ==
        "ENVELOPE_RECIPIENTS");
}
