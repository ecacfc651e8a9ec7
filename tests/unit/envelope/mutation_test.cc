// T15, T22: every byte of an envelope, changed in several ways. A receiver with a key refuses it,
// or gets exactly what was sealed. The bytes that it can't judge are named here: the stanzas and
// the HMAC of a group that is not for it, and the name of the key in its own stanza, without which
// the group is not for it either (redacted, never another value).
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

constexpr std::uint8_t kChanges[] = {0x01, 0x02, 0x10, 0x20, 0x80, 0xff};

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has(std::size_t at) const { return begin <= at && at < end; }
};

Range range_in(core::ByteView all, core::ByteView part) {
  const auto begin = static_cast<std::size_t>(part.data() - all.data());
  return {begin, begin + part.size()};
}

// Kind, id and version of the stanza for `address`, with their heads.
Range address_range(core::ByteView all, const GroupView& group, const KeyAddress& address) {
  StanzaReader reader(group);
  Stanza stanza;
  while (reader.next(stanza)) {
    if (stanza.address == address) {
      // array(5), kind, then 16 bytes with their head, then the version, then enc with its head
      const std::size_t enc = range_in(all, stanza.enc).begin - 2;
      const std::size_t version = address.version < 24 ? 1 : 2;
      return {enc - version - 17 - 1, enc};
    }
  }
  return {};
}

struct Tally {
  int refused = 0;
  int same = 0;
  int redacted = 0;
};

// Opens each changed copy with a fresh receiver that has `ring`.
template <class Judge>
Tally change_each_byte(const core::Bytes& good, const FakeRing& ring, const Expected& expected,
                       Judge judge) {
  Tally tally;
  core::Bytes changed = good;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::uint8_t change : kChanges) {
      changed[at] = good[at] ^ change;
      KekCache cache;
      Opener opener(ring, cache);
      const auto outcome = opener.open(changed, expected);
      INFO("byte " << at << " of " << good.size() << " changed by " << int{change} << ": "
                   << text_of(outcome));
      if (!outcome) {
        ++tally.refused;
      } else {
        judge(at, text_of(outcome), tally);
      }
    }
    changed[at] = good[at];
  }
  return tally;
}

core::Bytes seal(const Profile& profile, Suite suite, Mode mode,
                 const crypto::PrivateKey* signer = nullptr) {
  Sender sender;
  const auto sealed = sender.sealer.seal(suite, profile.message, mode, signer);
  REQUIRE(sealed);
  return {sealed->bytes.view().begin(), sealed->bytes.view().end()};
}

std::string opened_text(const core::Bytes& bytes, const FakeRing& ring, const Expected& expected) {
  KekCache cache;
  Opener opener(ring, cache);
  return text_of(opener.open(bytes, expected));
}

}  // namespace

TEST_CASE("any changed byte is refused by whom all groups are for, or hides a group") {
  for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
    for (const Suite suite : {Suite::kX25519Aes, Suite::kX25519ChaCha}) {
      const Profile profile(hpke_of(suite).kem);
      const core::Bytes good = seal(profile, suite, mode);
      const auto view = EnvelopeView::parse(good);
      FakeRing ring;
      profile.bob.give_to(ring);
      const std::string all = opened_text(good, ring, profile.expected());
      const Range first = address_range(good, view->groups()[0], kBobAddress);
      const Range second = address_range(good, view->groups()[1], kBobAddress);

      const Tally tally = change_each_byte(good, ring, profile.expected(),
                                           [&](std::size_t at, const std::string& text, Tally& t) {
                                             CHECK((first.has(at) || second.has(at)));
                                             CHECK(text.find("redacted") != std::string::npos);
                                             CHECK(text.size() < all.size());
                                             ++t.redacted;
                                           });

      CHECK(tally.same == 0);
      CHECK(tally.redacted > 100);
      CHECK(tally.refused > 4000);
    }
  }
}

TEST_CASE("of a group that is not for the receiver, only the stanzas and their HMAC can change") {
  const Profile profile;
  const core::Bytes good = seal(profile, Suite::kX25519Aes, Mode::kFull);
  const auto view = EnvelopeView::parse(good);
  FakeRing ring;
  profile.carol.give_to(ring);
  const std::string all = opened_text(good, ring, profile.expected());
  const Range stanzas = range_in(good, view->groups()[0].stanzas);
  const Range hmac = range_in(good, view->groups()[0].hmac);
  const Range own = address_range(good, view->groups()[1], kCarolAddress);

  const Tally tally = change_each_byte(good, ring, profile.expected(),
                                       [&](std::size_t at, const std::string& text, Tally& t) {
                                         if (own.has(at)) {
                                           ++t.redacted;
                                           return;
                                         }
                                         CHECK((stanzas.has(at) || hmac.has(at)));
                                         // An epoch without its recipients may be ours: the sender
                                         // is asked once more.
                                         CHECK((text == all || text == "kek unknown"));
                                         ++t.same;
                                       });

  CHECK(tally.same > 600);
  CHECK(tally.redacted > 50);
}

TEST_CASE("any changed byte of a compact envelope is refused, or asks for the full one") {
  const Profile profile;
  Sender sender;
  Receiver bob;
  profile.bob.give_to(bob.ring);
  const auto full = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kFull);
  REQUIRE(bob.opener.open(full->bytes.view(), profile.expected()));
  const auto compact = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kCompact);
  const core::Bytes good(compact->bytes.view().begin(), compact->bytes.view().end());
  const auto view = EnvelopeView::parse(good);
  const Range first = range_in(good, view->groups()[0].stanzas);
  const Range second = range_in(good, view->groups()[1].stanzas);
  core::Bytes changed = good;
  int asked = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::uint8_t change : kChanges) {
      changed[at] = good[at] ^ change;
      const auto outcome = bob.opener.open(changed, profile.expected());
      if (outcome) {
        CHECK(std::holds_alternative<KekUnknown>(*outcome));
        CHECK((first.has(at) || second.has(at)));
        ++asked;
      }
    }
    changed[at] = good[at];
  }
  CHECK(asked == 2 * 16 * static_cast<int>(std::size(kChanges)));  // the two ids
  CHECK(bob.opener.open(good, profile.expected()));
}

TEST_CASE("any changed byte of a signed core is refused also by whom nothing is for") {
  Profile profile;
  profile.message.context.kind = Kind::kStored;
  const auto identity = crypto::PrivateKey::generate();
  const core::Bytes good = seal(profile, Suite::kX25519Aes, Mode::kFull, &*identity);
  const auto view = EnvelopeView::parse(good);
  FakeRing ring;
  ring.trust(kAlice, identity->public_key());
  Expected expected = profile.expected();
  expected.peer.reset();
  const std::string all = opened_text(good, ring, expected);
  REQUIRE(all == "name=63416e6e;[user ]redacted;[system user ]redacted;");

  const Tally tally = change_each_byte(
      good, ring, expected, [&](std::size_t at, const std::string& text, Tally& t) {
        const bool unjudged = std::ranges::any_of(view->groups(), [&](const GroupView& group) {
          return range_in(good, group.stanzas).has(at) || range_in(good, group.hmac).has(at);
        });
        CHECK(unjudged);
        CHECK((text == all || text == "kek unknown"));
        ++t.same;
      });

  CHECK(tally.refused > 2000);
  CHECK(tally.same > 1000);
}

TEST_CASE("a cut envelope, and one with bytes behind it, is refused at every length") {
  const Profile profile;
  const core::Bytes good = seal(profile, Suite::kX25519Aes, Mode::kFull);
  FakeRing ring;
  profile.bob.give_to(ring);
  for (std::size_t size = 0; size < good.size(); ++size) {
    KekCache cache;
    Opener opener(ring, cache);
    CHECK(code_of(opener.open(core::ByteView(good).first(size), profile.expected())) ==
          Errc::kEnvelopeMalformed);
  }
  core::Bytes longer = good;
  longer.push_back(0);
  CHECK(opened_text(longer, ring, profile.expected()) == "ENVELOPE_MALFORMED");
}
