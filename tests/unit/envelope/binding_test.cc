// T15: what a group is bound to. Each test moves or changes one thing, makes everything else that
// needs no key fit, tells the receiver to expect just that, and the receiver still refuses.
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

struct Scene {
  explicit Scene(Mode mode = Mode::kFull) : mode_(mode) {
    profile.bob.give_to(bob.ring);
    REQUIRE(open(seal()) == Errc{});
  }

  Forged seal() {
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, mode_);
    REQUIRE(sealed);
    return Forged(sealed->bytes.view());
  }
  // What Bob says to it, who expects just what it says about itself.
  Errc open(const Forged& forged) {
    const core::Bytes bytes = forged.bytes();
    const auto view = EnvelopeView::parse(bytes);
    if (!view) {
      return view.error().code;
    }
    const Core& info = view->info;
    Receiver fresh;
    fresh.ring = bob.ring;
    return code_of(fresh.opener.open(bytes, {info.network, info.context, info.type, info.sender}));
  }

  Profile profile;
  Sender sender;
  Receiver bob;

 private:
  Mode mode_;
};

}  // namespace

TEST_CASE("the type is bound") {
  Scene scene;
  Forged forged = scene.seal();
  forged.type = "profile/v2";
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the network is bound") {
  Scene scene;
  Forged forged = scene.seal();
  forged.network.back() ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged.network.clear();
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the sender is bound, to the epoch's key and to the ciphertext") {
  Scene scene;
  Forged forged = scene.seal();
  forged.sender = core::Bytes(16, 0x66);
  CHECK(scene.open(forged) == Errc::kEnvelopeStanza);
  Scene once(Mode::kOnce);
  forged = once.seal();
  forged.sender = core::Bytes(16, 0x66);
  CHECK(once.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the message's id is bound, to the keys and to the stanzas") {
  Scene scene;
  Forged forged = scene.seal();
  forged.id.back() ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCommitment);
  Scene once(Mode::kOnce);
  forged = once.seal();
  forged.id.back() ^= 1;
  CHECK(once.open(forged) == Errc::kEnvelopeStanza);
}

TEST_CASE("the time of making is bound") {
  Scene scene;
  Forged forged = scene.seal();
  ++forged.created;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the kind is bound: a request is no reply, event or stored record") {
  Scene scene;
  for (const std::uint64_t kind : {2, 3}) {
    Forged forged = scene.seal();
    forged.kind = kind;
    CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  }
  Forged forged = scene.seal();
  forged.kind = 4;
  CHECK(scene.open(forged) == Errc::kEnvelopeSignature);
}

TEST_CASE("the path is bound") {
  Scene scene;
  Forged forged = scene.seal();
  forged.path = "users/bob";
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the correlation is bound") {
  Scene scene;
  Forged forged = scene.seal();
  forged.correlation.back() ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the clear fields are bound: changed, taken away, added") {
  Scene scene;
  Forged forged = scene.seal();
  const core::Bytes clear = forged.clear;
  forged.clear.back() ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged.clear = {0xa0};
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged.clear = clear;
  forged.clear[0] = 0xa2;
  forged.clear.insert(forged.clear.end(), {0x65, 'o', 't', 'h', 'e', 'r', 0x00});
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("the suite is bound") {
  Scene scene;
  Forged forged = scene.seal();
  forged.suite = 3;
  CHECK(scene.open(forged) == Errc::kEnvelopeStanza);
  forged.suite = 2;
  CHECK(scene.open(forged) == Errc::kEnvelopeMalformed);  // other lengths
}

TEST_CASE("a group's labels are bound, those of the other groups as well") {
  Scene scene;
  Forged forged = scene.seal();
  forged.groups[0].labels = {"system_only"};
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged = scene.seal();
  forged.groups[1].labels = {"search"};
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged = scene.seal();
  std::swap(forged.groups[0].labels, forged.groups[1].labels);
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("a group's index is bound: groups can't change places") {
  Scene scene;
  Forged forged = scene.seal();
  std::swap(forged.groups[0], forged.groups[1]);
  CHECK(scene.open(forged) == Errc::kEnvelopeCommitment);
  Scene once(Mode::kOnce);
  forged = once.seal();
  std::swap(forged.groups[0], forged.groups[1]);
  CHECK(once.open(forged) == Errc::kEnvelopeStanza);
}

TEST_CASE("no group can be taken away, added or put twice") {
  Scene scene;
  Forged forged = scene.seal();
  forged.groups.pop_back();
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged = scene.seal();
  forged.groups.erase(forged.groups.begin());
  CHECK(scene.open(forged) == Errc::kEnvelopeCommitment);
  forged = scene.seal();
  forged.groups.push_back(forged.groups[0]);
  CHECK(scene.open(forged) == Errc::kEnvelopeMalformed);  // the same labels
  forged.groups[2].labels = {"more"};
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("a group of another message of the same sender, type and path is refused") {
  for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
    Scene scene(mode);
    Forged forged = scene.seal();
    forged.groups[0] = scene.seal().groups[0];
    CHECK(scene.open(forged) ==
          (mode == Mode::kFull ? Errc::kEnvelopeCommitment : Errc::kEnvelopeStanza));
    forged = scene.seal();
    const Forged other = scene.seal();
    forged.groups[0].ciphertext = other.groups[0].ciphertext;
    CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
    forged.hash_ciphertexts();
    CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  }
}

TEST_CASE("no stanza can be taken away, added, changed or put into another order") {
  for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
    Scene scene(mode);
    const std::size_t first = mode == Mode::kFull ? 1 : 0;
    Forged forged = scene.seal();
    REQUIRE(forged.groups[1].stanzas.size() == first + 2);  // Bob's, then Carol's
    forged.groups[1].stanzas.pop_back();
    CHECK(scene.open(forged) ==
          (mode == Mode::kFull ? Errc::kEnvelopeStanza : Errc::kEnvelopeRecipients));

    forged = scene.seal();
    ForgedStanza added = forged.groups[1].stanzas.back();
    added.version += 1;
    forged.groups[1].stanzas.push_back(added);
    CHECK(scene.open(forged) ==
          (mode == Mode::kFull ? Errc::kEnvelopeStanza : Errc::kEnvelopeRecipients));

    forged = scene.seal();
    forged.groups[1].stanzas.back().wrapped[0] ^= 1;  // Carol's; Bob's own opens
    CHECK(scene.open(forged) == Errc::kEnvelopeRecipients);

    forged = scene.seal();
    std::swap(forged.groups[1].stanzas[first], forged.groups[1].stanzas[first + 1]);
    CHECK(scene.open(forged) == Errc::kEnvelopeMalformed);
  }
}

TEST_CASE("a stanza for one key can't be passed off as one for another key or version") {
  Scene scene(Mode::kOnce);
  Forged forged = scene.seal();
  // Bob holds version 2 of his key, too, and it is the same key: only the name is another.
  KeyAddress second = kBobAddress;
  second.version = 2;
  scene.bob.ring.keys[second] = scene.profile.bob.key;
  forged.groups[0].stanzas[0].version = 2;
  CHECK(scene.open(forged) == Errc::kEnvelopeStanza);
}

TEST_CASE("the commitment, hash and size in the core are checked") {
  Scene scene;
  Forged forged = scene.seal();
  forged.groups[0].commitment[0] ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCommitment);
  forged = scene.seal();
  forged.groups[0].hash[0] ^= 1;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
  forged = scene.seal();
  ++forged.groups[0].size;
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("a changed group is refused by those who have no key for it, too") {
  Scene scene;
  Forged forged = scene.seal();
  forged.groups[0].ciphertext[0] ^= 1;
  scene.bob.ring.keys.clear();
  CHECK(scene.open(forged) == Errc::kEnvelopeCiphertext);
}

TEST_CASE("what the transport says is compared with the envelope") {
  Scene scene;
  const core::Bytes bytes = scene.seal().bytes();
  const Expected good = scene.profile.expected();
  const auto code = [&](const Expected& expected) {
    return code_of(scene.bob.opener.open(bytes, expected));
  };
  CHECK(code(good) == Errc{});
  Expected other = good;
  other.type = "profile/v2";
  CHECK(code(other) == Errc::kEnvelopeContext);
  other = good;
  other.type.reset();
  CHECK(code(other) == Errc{});
  other = good;
  other.network.reset();
  CHECK(code(other) == Errc::kEnvelopeContext);
  other = good;
  other.peer = kMallory;
  CHECK(code(other) == Errc::kEnvelopeContext);
  other = good;
  other.context.kind = Kind::kReply;
  CHECK(code(other) == Errc::kEnvelopeContext);
  other = good;
  other.context.path = "users/bob";
  CHECK(code(other) == Errc::kEnvelopeContext);
  other = good;
  other.context.correlation = {};
  CHECK(code(other) == Errc::kEnvelopeContext);
}
