#include "envelope/rewrapper.h"

#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

struct Move {
  Move() : dave({KeyKind::kNetwork, id_of<KeyId>(0xda), 2}, crypto::Kem::kX25519) {
    profile.bob.give_to(bob.ring);
    dave.give_to(by_dave.ring);
  }
  core::Bytes seal(Mode mode) {
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, mode);
    return {sealed->bytes.view().begin(), sealed->bytes.view().end()};
  }
  core::Result<Rewrapped> rewrap(const KeyRing& ring, const core::Bytes& bytes) {
    return Rewrapper(ring, random).rewrap(bytes, [this](auto) { return &for_dave; });
  }
  std::string open(Receiver& receiver, core::ByteView bytes) {
    return text_of(receiver.opener.open(bytes, profile.expected()));
  }

  Profile profile;
  Sender sender;
  Receiver bob;
  Receiver by_dave;
  Holder dave;
  RecipientSet for_dave = *RecipientSet::make({dave.recipient()});
  core::SystemRandom random;
};

}  // namespace

TEST_CASE("a rewrapped envelope opens for the new keys, with the same core and ciphertexts") {
  for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
    Move move;
    const core::Bytes before = move.seal(mode);
    const auto after = move.rewrap(move.bob.ring, before);
    REQUIRE(after);
    CHECK(after->groups == 2);
    CHECK(after->out_of_reach == 0);
    const auto old_view = EnvelopeView::parse(before);
    const auto new_view = EnvelopeView::parse(after->bytes.view());
    REQUIRE(new_view);
    CHECK(std::ranges::equal(old_view->core_bytes, new_view->core_bytes));
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(std::ranges::equal(old_view->groups()[i].ciphertext, new_view->groups()[i].ciphertext));
      CHECK_FALSE(epoch_of(new_view->groups()[i]));
    }
    CHECK(move.open(move.by_dave, after->bytes.view()) == move.open(move.bob, before));
    Receiver fresh;
    move.profile.bob.give_to(fresh.ring);
    CHECK(move.open(fresh, after->bytes.view()) ==
          "name=63416e6e;[user ]redacted;[system user ]redacted;");
  }
}

TEST_CASE("groups without a key here stay as they are and are counted") {
  Move move;
  FakeRing carol;
  move.profile.carol.give_to(carol);
  const core::Bytes before = move.seal(Mode::kOnce);
  const auto after = move.rewrap(carol, before);
  REQUIRE(after);
  CHECK(after->groups == 1);
  CHECK(after->out_of_reach == 1);
  CHECK(move.open(move.bob, after->bytes.view()).ends_with("[system user ]redacted;"));
}

TEST_CASE("who gets a group is chosen by its labels") {
  Move move;
  const core::Bytes before = move.seal(Mode::kFull);
  std::vector<std::vector<std::string>> asked;
  const auto after = Rewrapper(move.bob.ring, move.random)
                         .rewrap(before, [&](std::span<const std::string_view> labels) {
                           asked.emplace_back(labels.begin(), labels.end());
                           return labels.size() == 2 ? &move.for_dave : nullptr;
                         });
  REQUIRE(after);
  CHECK(asked == std::vector<std::vector<std::string>>{{"user"}, {"system", "user"}});
  CHECK(after->groups == 1);
  CHECK(after->out_of_reach == 0);
}

TEST_CASE("a changed envelope is not rewrapped") {
  Move move;
  const auto code = [&](const Forged& forged) {
    const auto after = move.rewrap(move.bob.ring, forged.bytes());
    return after ? Errc{} : after.error().code;
  };
  Forged forged(move.seal(Mode::kOnce));
  CHECK(code(forged) == Errc{});
  forged.groups[0].stanzas[0].wrapped[0] ^= 1;
  CHECK(code(forged) == Errc::kEnvelopeStanza);
  forged = Forged(move.seal(Mode::kOnce));
  forged.groups[1].commitment[0] ^= 1;
  CHECK(code(forged) == Errc::kEnvelopeCommitment);
  forged = Forged(move.seal(Mode::kOnce));
  forged.groups[1].stanzas.pop_back();
  CHECK(code(forged) == Errc::kEnvelopeRecipients);
  forged.version = 2;
  CHECK(code(forged) == Errc::kEnvelopeUnsupported);
}

TEST_CASE("new recipients with keys of another suite are refused") {
  Move move;
  const Holder other({KeyKind::kNode, id_of<KeyId>(1), 1}, crypto::Kem::kP256);
  const RecipientSet set = *RecipientSet::make({other.recipient()});
  const auto after =
      Rewrapper(move.bob.ring, move.random).rewrap(move.seal(Mode::kFull), [&](auto) {
        return &set;
      });
  CHECK(after.error().code == Errc::kInvalidArgument);
}
