// What a sender with good keys can do wrong inside a group: its own fields.
#include "envelope/group_aad.h"
#include "support/hex.h"
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;
using runard::test::from_hex;

namespace {

std::string repeated(int times, const std::string& hex) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += hex;
  }
  return text;
}

// Seals any bytes as the first group of a profile.
std::string opened_with(const core::Bytes& plaintext) {
  Profile profile;
  Sender sender;
  const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kFull);
  Forged forged(sealed->bytes.view());
  const auto view = EnvelopeView::parse(sealed->bytes.view());
  const auto epoch = sender.epochs.find(*epoch_of(view->groups()[0]));
  KeySchedule schedule;
  schedule.begin(Suite::kX25519Aes, sealed->id);
  Secret dek;
  GroupKeys keys;
  schedule.derive_dek(epoch->kek.view(), 0, dek);
  schedule.derive(dek.view(), 0, keys);
  GroupAad aad;
  aad.begin(view->before_groups);
  for (const GroupView& group : view->groups()) {
    aad.add(group.labels, group.commitment);
  }
  aad.end();
  core::Bytes& ciphertext = forged.groups[0].ciphertext;
  ciphertext.resize(plaintext.size() + 16);
  Ciphers()
      .of(Suite::kX25519Aes)
      .seal(keys.key.view(), kNonce, aad.of(0, view->groups()[0].labels).view(), plaintext,
            ciphertext);
  forged.hash_ciphertexts();
  Receiver bob;
  profile.bob.give_to(bob.ring);
  return text_of(bob.opener.open(forged.bytes(), profile.expected()));
}

}  // namespace

TEST_CASE("a group that is a canonical map of paths opens") {
  CHECK(opened_with({0xa1, 0x61, 'x', 0x01}).find("[user ]x=01;") != std::string::npos);
}

TEST_CASE("a group that is not a canonical map of paths is refused") {
  for (const core::Bytes& plaintext :
       std::vector<core::Bytes>{{0x01},                                    // no map
                                {0xa0},                                    // no field
                                {0xa1, 0x61, 'x'},                         // cut
                                {0xa1, 0x61, 'x', 0x01, 0x00},             // more behind it
                                {0xa1, 0x61, 'x', 0x18, 0x01},             // a longer encoding
                                {0xbf, 0x61, 'x', 0x01, 0xff},             // indefinite
                                {0xa2, 0x61, 'y', 0x01, 0x61, 'x', 0x01},  // out of order
                                {0xa2, 0x61, 'x', 0x01, 0x61, 'x', 0x02},  // twice
                                {0xa1, 0x60, 0x01},                        // an empty path
                                {0xa1, 0x01, 0x01},                        // a number as path
                                {0xa1, 0x61, 0xff, 0x01}}) {               // not UTF-8
    CHECK(opened_with(plaintext) == "ENVELOPE_FIELDS");
  }
}

TEST_CASE("a protected field with the path of a clear one, or of another group's, is refused") {
  CHECK(opened_with({0xa1, 0x64, 'n', 'a', 'm', 'e', 0x01}) == "ENVELOPE_FIELDS");
  CHECK(opened_with({0xa1, 0x64, 'n', 'o', 't', 'e', 0x01}) == "ENVELOPE_FIELDS");
}

TEST_CASE("a protected value that is nested too deep is refused") {
  CHECK(opened_with(from_hex("a16178" + repeated(31, "81") + "80")).starts_with("name="));
  CHECK(opened_with(from_hex("a16178" + repeated(32, "81") + "80")) == "ENVELOPE_FIELDS");
}

TEST_CASE("maps as keys of maps do not make opening slow") {
  const std::string nested = repeated(31, "a1") + "00" + repeated(31, "00");
  CHECK(opened_with(from_hex("a16178" + nested)).starts_with("name="));
}
