#include "envelope/sealer.h"

#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

constexpr std::string_view kAll =
    "name=63416e6e;[user ]phone=683535352d30313030;address.street=6b313220456c6d20526f6164;"
    "[system user ]note=696c696b657320746561;";
constexpr std::string_view kForCarol =
    "name=63416e6e;[user ]redacted;[system user ]note=696c696b657320746561;";
constexpr std::string_view kForNobody = "name=63416e6e;[user ]redacted;[system user ]redacted;";

core::Bytes sealed(Sender& sender, const Profile& profile, Suite suite = Suite::kX25519Aes,
                   Mode mode = Mode::kFull) {
  const auto result = sender.sealer.seal(suite, profile.message, mode);
  REQUIRE(result);
  return {result->bytes.view().begin(), result->bytes.view().end()};
}

Errc seal_error(const Message& message) {
  Sender sender;
  const auto result = sender.sealer.seal(Suite::kX25519Aes, message, Mode::kFull);
  return result ? Errc{} : result.error().code;
}

}  // namespace

TEST_CASE("each receiver sees the fields that it has a key for, in every suite and mode") {
  for (const Suite suite : {Suite::kX25519Aes, Suite::kP256Aes, Suite::kX25519ChaCha}) {
    const Profile profile(hpke_of(suite).kem);
    for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
      Sender sender;
      const core::Bytes bytes = sealed(sender, profile, suite, mode);
      Receiver bob;
      Receiver carol;
      Receiver nobody;
      profile.bob.give_to(bob.ring);
      profile.carol.give_to(carol.ring);

      CHECK(text_of(bob.opener.open(bytes, profile.expected())) == kAll);
      CHECK(text_of(carol.opener.open(bytes, profile.expected())) == kForCarol);
      CHECK(text_of(nobody.opener.open(bytes, profile.expected())) == kForNobody);
    }
  }
}

TEST_CASE("what is in clear arrives as it was said") {
  const Profile profile;
  Sender sender;
  const auto result = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kFull);
  REQUIRE(result);
  Receiver nobody;

  const auto outcome = nobody.opener.open(result->bytes.view(), profile.expected());

  const Core& info = opened_of(outcome).info;
  CHECK(info.type == "profile/v1");
  CHECK(info.network == kMain);
  CHECK(info.sender == kAlice);
  CHECK(info.id == result->id);
  CHECK(info.created_ms == 1'700'003'600'000);
  CHECK(info.context.kind == Kind::kRequest);
  CHECK(info.context.path == "users/ann");
  CHECK(core::as_text(info.context.correlation) == "correlate");
  CHECK_FALSE(opened_of(outcome).is_signed);
}

TEST_CASE("names and values of protected fields do not stand in the envelope") {
  const Profile profile;
  Sender sender;
  const core::Bytes bytes = sealed(sender, profile);
  const std::string_view all = core::as_text(bytes);
  CHECK(all.find("name") != std::string_view::npos);
  CHECK(all.find("user") != std::string_view::npos);
  for (const std::string_view secret : {"street", "phone", "note", "Elm", "555", "tea"}) {
    CHECK(all.find(secret) == std::string_view::npos);
  }
}

TEST_CASE("a message without groups, without a network and without fields is an envelope") {
  Message message;
  Sender sender;
  const auto result = sender.sealer.seal(Suite::kX25519Aes, message, Mode::kFull);
  REQUIRE(result);
  Receiver receiver;
  const auto outcome = receiver.opener.open(result->bytes.view(), {{}, {}, {}, kAlice});
  CHECK(text_of(outcome).empty());
  CHECK_FALSE(opened_of(outcome).info.network);
}

TEST_CASE("no two messages share an id, a commitment or a ciphertext") {
  const Profile profile;
  Sender sender;
  std::map<std::string, int> seen;
  constexpr int kMessages = 2000;
  for (int i = 0; i < kMessages; ++i) {
    const core::Bytes bytes = sealed(sender, profile);
    const auto view = EnvelopeView::parse(bytes);
    REQUIRE(view);
    ++seen[view->info.id.text()];
    for (const GroupView& group : view->groups()) {
      ++seen[std::string(core::as_text(group.commitment))];
      ++seen[std::string(core::as_text(group.ciphertext))];
    }
  }
  CHECK(seen.size() == 5 * kMessages);
}

TEST_CASE("fields come in any order and leave in the canonical one") {
  Profile profile;
  std::swap(profile.fields_for_bob[0], profile.fields_for_bob[1]);
  Sender sender;
  Receiver bob;
  profile.bob.give_to(bob.ring);
  CHECK(text_of(bob.opener.open(sealed(sender, profile), profile.expected())) == kAll);
}

TEST_CASE("a large message is sealed, and the next small one as well") {
  Profile profile;
  const core::Bytes large = cbor_blob(4 * 1024 * 1024);
  profile.fields_for_both[0].value = large;
  Sender sender;
  Receiver bob;
  profile.bob.give_to(bob.ring);
  const core::Bytes bytes = sealed(sender, profile);
  const auto outcome = bob.opener.open(bytes, profile.expected());
  CHECK(opened_of(outcome).groups[1].fields->front().value.size() == large.size());

  profile.fields_for_both[0].value = profile.note;
  CHECK(text_of(bob.opener.open(sealed(sender, profile), profile.expected())) == kAll);
}

TEST_CASE("a field that stands in a message twice is refused") {
  Profile profile;
  profile.fields_for_both[0].path = "phone";
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
  profile.fields_for_both[0].path = "name";
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
  profile.fields_for_both[0].path = "note";
  profile.fields_for_bob[1].path = "address.street";
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
}

TEST_CASE("a value that is not one canonical item is refused") {
  Profile profile;
  const auto refused = [&](core::Bytes value) {
    profile.fields_for_bob[0].value = value;
    return seal_error(profile.message) == Errc::kInvalidArgument;
  };
  CHECK_FALSE(refused({0x01}));
  CHECK(refused({}));
  CHECK(refused({0x01, 0x02}));
  CHECK(refused({0x18, 0x01}));                    // 1 in two bytes
  CHECK(refused({0x9f, 0xff}));                    // indefinite
  CHECK(refused({0xa2, 0x02, 0x00, 0x01, 0x00}));  // keys out of order
  CHECK(refused({0xa2, 0x01, 0x00, 0x01, 0x00}));  // the same key twice
  CHECK(refused({0xfb, 0, 0, 0, 0, 0, 0, 0, 0}));  // 0.0 in eight bytes
  CHECK(refused({0x61, 0xff}));                    // not UTF-8
}

TEST_CASE("labels that are empty, unsorted, repeated or not UTF-8 are refused") {
  Profile profile;
  const auto code = [&](std::vector<std::string_view> labels) {
    profile.groups[0].labels = labels;
    return seal_error(profile.message);
  };
  CHECK(code({"a"}) == Errc{});
  CHECK(code({"a", "b"}) == Errc{});
  CHECK(code({""}) == Errc::kInvalidArgument);
  CHECK(code({"b", "a"}) == Errc::kInvalidArgument);
  CHECK(code({"a", "a"}) == Errc::kInvalidArgument);
  CHECK(code({"\xff"}) == Errc::kInvalidArgument);
  CHECK(code({"system", "user"}) == Errc::kInvalidArgument);  // the other group's
}

TEST_CASE("a group without fields or recipients, or of another suite, is refused") {
  Profile profile;
  profile.groups[0].fields = {};
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
  profile.groups[0].fields = profile.fields_for_bob;
  profile.groups[0].recipients = nullptr;
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
  const Profile other(crypto::Kem::kP256);
  CHECK(seal_error(other.message) == Errc::kInvalidArgument);
}

TEST_CASE("text in the core that is not UTF-8 is refused") {
  Profile profile;
  profile.message.type = "\xff";
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
  profile.message.type = "";
  CHECK(seal_error(profile.message) == Errc{});
  profile.message.context.path = "\xc3";
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
}

TEST_CASE("what is to be stored has to be signed") {
  Profile profile;
  profile.message.context.kind = Kind::kStored;
  CHECK(seal_error(profile.message) == Errc::kInvalidArgument);
}

TEST_CASE("a refused message leaves the sealer usable") {
  Profile profile;
  Sender sender;
  profile.fields_for_bob[0].path = "phone";
  CHECK_FALSE(sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kOnce));
  profile.fields_for_bob[0].path = "address.street";
  Receiver bob;
  profile.bob.give_to(bob.ring);
  CHECK(text_of(bob.opener.open(sealed(sender, profile), profile.expected())) == kAll);
}
