// What is no envelope: another encoding, another shape, too much of something.
#include "envelope/layout.h"

#include "envelope/key_schedule.h"
#include "envelope/repacker.h"
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"
#include "wire/cbor.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

core::Bytes good_envelope() {
  const Profile profile;
  Sender sender;
  const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kFull);
  return {sealed->bytes.view().begin(), sealed->bytes.view().end()};
}

Errc parse(core::ByteView bytes) {
  const auto view = EnvelopeView::parse(bytes);
  return view ? Errc{} : view.error().code;
}
Errc parse(const Forged& forged) {
  return parse(forged.bytes());
}

// Exchanges the first `what` after `from` for `with`.
core::Bytes exchanged(core::Bytes bytes, core::Bytes what, const core::Bytes& with,
                      std::size_t from = 0) {
  const auto at = std::search(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(),
                              what.begin(), what.end());
  REQUIRE(at != bytes.end());
  const auto after = bytes.erase(at, at + static_cast<std::ptrdiff_t>(what.size()));
  bytes.insert(after, with.begin(), with.end());
  return bytes;
}

std::vector<std::string> labels(std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back("label" + std::string(1, static_cast<char>('a' + i)));
  }
  return made;
}

core::Bytes map_of_fields(std::size_t count) {
  core::Bytes map;
  wire::CborWriter writer(map);
  writer.map(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(10000 + i);
    writer.text(number);
    writer.null();
  }
  return map;
}

}  // namespace

TEST_CASE("a good envelope parses") {
  CHECK(parse(good_envelope()) == Errc{});
}

TEST_CASE("bytes that are no CBOR, or another item, are no envelope") {
  CHECK(parse(core::ByteView()) == Errc::kEnvelopeMalformed);
  for (const core::Bytes& bytes : std::vector<core::Bytes>{
           {0x00}, {0xf6}, {0x60}, {0x80}, {0xa0}, {0xff}, {0x83, 0xa0, 0x80, 0xa0}}) {
    CHECK(parse(bytes) == Errc::kEnvelopeMalformed);
  }
}

TEST_CASE("an encoding that is not the canonical one is refused") {
  const core::Bytes good = good_envelope();
  // Version 1 in two bytes; the envelope's array with a longer head, and of indefinite length.
  CHECK(parse(exchanged(good, {0xaa, 0x01, 0x01}, {0xaa, 0x01, 0x18, 0x01})) ==
        Errc::kEnvelopeMalformed);
  CHECK(parse(exchanged(good, {0x83}, {0x98, 0x03})) == Errc::kEnvelopeMalformed);
  core::Bytes indefinite = exchanged(good, {0x83}, {0x9f});
  indefinite.push_back(0xff);
  CHECK(parse(indefinite) == Errc::kEnvelopeMalformed);
  // Suite before version.
  CHECK(parse(exchanged(good, {0x01, 0x01, 0x02, 0x01}, {0x02, 0x01, 0x01, 0x01})) ==
        Errc::kEnvelopeMalformed);
  // A key that comes twice.
  CHECK(parse(exchanged(good, {0x02, 0x01, 0x03}, {0x01, 0x01, 0x03})) == Errc::kEnvelopeMalformed);
  // A tag before the type's text.
  CHECK(parse(exchanged(good, {0x03, 0x6a}, {0x03, 0xc1, 0x6a})) == Errc::kEnvelopeMalformed);
}

TEST_CASE("an unknown version or suite is unsupported") {
  Forged forged(good_envelope());
  forged.version = 2;
  CHECK(parse(forged) == Errc::kEnvelopeUnsupported);
  forged.version = 0;
  CHECK(parse(forged) == Errc::kEnvelopeUnsupported);
  forged.version = 1;
  for (const std::uint64_t suite : {0ULL, 4ULL, 0x101ULL, 0x10001ULL, ~0ULL}) {
    forged.suite = suite;
    CHECK(parse(forged) == Errc::kEnvelopeUnsupported);
  }
  // Another version may look different.
  CHECK(parse(core::Bytes{0x83, 0xa1, 0x01, 0x02, 0x80, 0xa0}) == Errc::kEnvelopeUnsupported);
}

TEST_CASE("a suite that is not on the node's list is unsupported") {
  const Profile profile;
  FakeRing ring;
  KekCache cache;
  Opener opener(ring, cache, {Suite::kP256Aes, Suite::kX25519ChaCha});
  CHECK(code_of(opener.open(good_envelope(), profile.expected())) == Errc::kEnvelopeUnsupported);
}

TEST_CASE("ids, hashes and keys of other lengths are refused") {
  const auto refused = [](auto change) {
    Forged forged(good_envelope());
    change(forged);
    return parse(forged) == Errc::kEnvelopeMalformed;
  };
  CHECK(refused([](Forged& f) { f.network.pop_back(); }));
  CHECK(refused([](Forged& f) { f.sender.push_back(0); }));
  CHECK(refused([](Forged& f) { f.id.clear(); }));
  CHECK(refused([](Forged& f) { f.groups[0].commitment.pop_back(); }));
  CHECK(refused([](Forged& f) { f.groups[0].hash.push_back(0); }));
  CHECK(refused([](Forged& f) { f.groups[0].hmac.pop_back(); }));
  CHECK(refused([](Forged& f) { f.groups[0].ciphertext.resize(16); }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[1].id.pop_back(); }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[1].enc.resize(65); }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[1].wrapped.pop_back(); }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[1].version = 1ULL << 32; }));
  CHECK(refused([](Forged& f) { f.signature = core::Bytes(81, 1); }));
  CHECK(refused([](Forged& f) { f.signature = {1}, f.signer = {1}; }));
}

TEST_CASE("kinds of messages and keys that don't exist are refused") {
  const auto refused = [](auto change) {
    Forged forged(good_envelope());
    change(forged);
    return parse(forged) == Errc::kEnvelopeMalformed;
  };
  for (const std::uint64_t kind : {0, 5}) {
    CHECK(refused([&](Forged& f) { f.kind = kind; }));
    CHECK(refused([&](Forged& f) { f.groups[0].stanzas[1].kind = kind; }));
  }
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[1].kind = 4; }));  // a second epoch
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[0].version = 1; }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas[0].enc = core::Bytes(32, 1); }));
  CHECK(refused([](Forged& f) { std::swap(f.groups[0].stanzas[0], f.groups[0].stanzas[1]); }));
  CHECK(refused([](Forged& f) { f.groups[0].stanzas.clear(); }));
}

TEST_CASE("a stanza that stands there twice is refused") {
  Forged forged(good_envelope());
  forged.groups[0].stanzas.push_back(forged.groups[0].stanzas.back());
  CHECK(parse(forged) == Errc::kEnvelopeMalformed);
}

TEST_CASE("labels that are empty, unsorted, repeated or missing are refused") {
  Forged forged(good_envelope());
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{}, {""}, {"b", "a"}, {"a", "a"}}) {
    forged.groups[0].labels = bad;
    CHECK(parse(forged) == Errc::kEnvelopeMalformed);
  }
}

TEST_CASE("clear fields with keys that are no paths are refused") {
  Forged forged(good_envelope());
  forged.clear = {0xa1, 0x01, 0x01};  // a number
  CHECK(parse(forged) == Errc::kEnvelopeMalformed);
  forged.clear = {0xa1, 0x60, 0x01};  // empty
  CHECK(parse(forged) == Errc::kEnvelopeMalformed);
  forged.clear = {0x80};  // no map
  CHECK(parse(forged) == Errc::kEnvelopeMalformed);
}

TEST_CASE("values are nested 32 deep and no deeper") {
  Forged forged(good_envelope());
  forged.clear = {0xa1, 0x61, 'x'};
  forged.clear.insert(forged.clear.end(), 31, 0x81);
  forged.clear.push_back(0x80);
  CHECK(parse(forged) == Errc{});
  forged.clear.back() = 0x81;
  forged.clear.push_back(0x80);
  CHECK(parse(forged) == Errc::kEnvelopeMalformed);
}

TEST_CASE("each limit is reached, and one more is refused") {
  const auto at_limit = [](auto change) {
    Forged forged(good_envelope());
    change(forged, std::size_t{0});
    CHECK(parse(forged) == Errc{});
    change(forged, std::size_t{1});
    CHECK(parse(forged) == Errc::kEnvelopeLimit);
  };
  at_limit([](Forged& f, std::size_t more) { f.type = std::string(kMaxType + more, 'x'); });
  at_limit([](Forged& f, std::size_t more) { f.path = std::string(kMaxPath + more, 'x'); });
  at_limit([](Forged& f, std::size_t more) { f.correlation.assign(kMaxCorrelation + more, 1); });
  at_limit([](Forged& f, std::size_t more) { f.groups[0].labels = labels(kMaxLabels + more); });
  at_limit([](Forged& f, std::size_t more) {
    f.groups[0].labels = {std::string(kMaxLabel + more, 'x')};
  });
  at_limit([](Forged& f, std::size_t more) { f.clear = map_of_fields(kMaxFields + more); });
  at_limit([](Forged& f, std::size_t more) {
    f.clear.clear();
    wire::CborWriter writer(f.clear);
    writer.map(1);
    writer.text(std::string(kMaxFieldPath + more, 'x'));
    writer.null();
  });
  at_limit([](Forged& f, std::size_t more) {
    while (f.groups.size() < kMaxGroups + more) {
      f.groups.push_back(f.groups[0]);
      f.groups.back().labels = {std::string(f.groups.size(), 'z')};
    }
  });
  at_limit([](Forged& f, std::size_t more) {
    while (f.groups[0].stanzas.size() < kMaxStanzas + more) {
      f.groups[0].stanzas.push_back(f.groups[0].stanzas.back());
      ++f.groups[0].stanzas.back().version;
    }
  });
  at_limit([](Forged& f, std::size_t more) {
    const std::size_t now = f.bytes().size();
    const std::size_t wanted = kMaxEnvelope + more;
    f.groups[0].ciphertext.resize(f.groups[0].ciphertext.size() + wanted - now);
    f.groups[0].ciphertext.resize(f.groups[0].ciphertext.size() + wanted - f.bytes().size());
    REQUIRE(f.bytes().size() == wanted);
  });
}

TEST_CASE("a sealer makes nothing beyond the limits") {
  const auto code = [](auto change) {
    Profile profile;
    change(profile);
    Sender sender;
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kFull);
    return sealed ? parse(sealed->bytes.view()) : sealed.error().code;
  };
  const std::string text(2000, 'x');
  const std::string_view long_text = text;
  const auto both = [&](std::size_t limit, auto set) {
    CHECK(code([&](Profile& p) { set(p, long_text.substr(0, limit)); }) == Errc{});
    CHECK(code([&](Profile& p) { set(p, long_text.substr(0, limit + 1)); }) ==
          Errc::kEnvelopeLimit);
  };
  both(kMaxType, [](Profile& p, std::string_view t) { p.message.type = t; });
  both(kMaxPath, [](Profile& p, std::string_view t) { p.message.context.path = t; });
  both(kMaxCorrelation,
       [](Profile& p, std::string_view t) { p.message.context.correlation = core::as_bytes(t); });
  both(kMaxLabel, [](Profile& p, std::string_view t) { p.user[0] = t; });
  both(kMaxFieldPath, [](Profile& p, std::string_view t) { p.clear[0].path = t; });

  const std::vector<std::string> names = labels(17);
  const std::vector<std::string_view> views(names.begin(), names.end());
  CHECK(code([&](Profile& p) { p.groups[0].labels = std::span(views).first(16); }) == Errc{});
  CHECK(code([&](Profile& p) { p.groups[0].labels = views; }) == Errc::kEnvelopeLimit);
  CHECK(code([&](Profile& p) { p.groups[0].labels = {}; }) == Errc::kEnvelopeLimit);

  std::vector<Field> fields;
  std::vector<std::string> paths;
  const core::Bytes null{0xf6};
  for (std::size_t i = 0; i <= kMaxFields; ++i) {
    paths.push_back(std::to_string(10000 + i));
  }
  for (const std::string& path : paths) {
    fields.push_back({path, null});
  }
  CHECK(code([&](Profile& p) { p.groups[0].fields = std::span(fields).first(kMaxFields); }) ==
        Errc{});
  CHECK(code([&](Profile& p) { p.groups[0].fields = fields; }) == Errc::kEnvelopeLimit);

  const core::Bytes fits = cbor_blob(kMaxContent - 200);
  const core::Bytes too_large = cbor_blob(kMaxContent);
  CHECK(code([&](Profile& p) { p.fields_for_bob[0].value = fits; }) == Errc{});
  CHECK(code([&](Profile& p) { p.fields_for_bob[0].value = too_large; }) == Errc::kEnvelopeLimit);
}

TEST_CASE("sixteen groups of 63 recipients each are sealed and opened") {
  const Holder bob(kBobAddress, crypto::Kem::kX25519);
  std::vector<Recipient> recipients{bob.recipient()};
  for (std::uint32_t i = 1; i < kMaxRecipients; ++i) {
    recipients.push_back({{KeyKind::kNode, id_of<KeyId>(1), i}, bob.key->public_key()});
  }
  const RecipientSet set = *RecipientSet::make(recipients);
  const std::vector<std::string> names = labels(kMaxGroups);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const core::Bytes null{0xf6};
  std::vector<Field> fields;
  for (const std::string_view name : views) {
    fields.push_back({name, null});
  }
  std::vector<Group> groups;
  for (std::size_t i = 0; i < kMaxGroups; ++i) {
    groups.push_back({std::span(views).subspan(i, 1), std::span(fields).subspan(i, 1), &set});
  }
  Message message;
  message.groups = groups;
  Sender sender;
  Receiver receiver;
  bob.give_to(receiver.ring);

  const auto sealed = sender.sealer.seal(Suite::kX25519Aes, message, Mode::kFull);
  REQUIRE(sealed);
  const auto outcome = receiver.opener.open(sealed->bytes.view(), {{}, {}, {}, kAlice});

  CHECK(opened_of(outcome).groups.size() == kMaxGroups);
  CHECK(text_of(outcome).find("redacted") == std::string::npos);
  CHECK(sender.epochs.size() == 1);
  CHECK(receiver.cache.size() == 1);
}
