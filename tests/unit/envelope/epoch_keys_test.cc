#include "envelope/epoch_keys.h"

#include <thread>

#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;
using namespace std::chrono_literals;

namespace {

struct Epochs {
  Epochs() : keys(kAlice, clock, random) {}

  KeyId use(const RecipientSet& set, Suite suite = Suite::kX25519Aes) {
    const auto epoch = keys.use(suite, set);
    REQUIRE(epoch);
    return (*epoch)->id;
  }

  test::ManualClock clock;
  core::SystemRandom random;
  EpochKeys keys;
  Holder bob{kBobAddress, crypto::Kem::kX25519};
  Holder carol{kCarolAddress, crypto::Kem::kX25519};
  RecipientSet for_bob = *RecipientSet::make({bob.recipient()});
  RecipientSet for_both = *RecipientSet::make({bob.recipient(), carol.recipient()});
};

}  // namespace

TEST_CASE("a set of recipients has one KEK until an hour has passed") {
  Epochs epochs;
  const KeyId first = epochs.use(epochs.for_bob);
  epochs.clock.advance(1h - 1ms);
  CHECK(epochs.use(epochs.for_bob) == first);
  epochs.clock.advance(1ms);
  CHECK(epochs.use(epochs.for_bob) != first);
  CHECK(epochs.keys.size() == 1);
  CHECK(epochs.keys.find(first) == nullptr);
}

TEST_CASE("a KEK is used a million times and no more") {
  Epochs epochs;
  const KeyId first = epochs.use(epochs.for_bob);
  for (std::uint64_t i = 1; i < kEpochUses; ++i) {
    REQUIRE((*epochs.keys.use(Suite::kX25519Aes, epochs.for_bob))->id == first);
  }
  CHECK(epochs.use(epochs.for_bob) != first);
}

TEST_CASE("another set, version, key or suite has another KEK") {
  Epochs epochs;
  const KeyId first = epochs.use(epochs.for_bob);
  CHECK(epochs.use(epochs.for_both) != first);
  KeyAddress next = kBobAddress;
  ++next.version;
  const RecipientSet rotated = *RecipientSet::make({Recipient{next, epochs.bob.key->public_key()}});
  CHECK(epochs.use(rotated) != first);
  const RecipientSet other_key =
      *RecipientSet::make({Recipient{kBobAddress, epochs.carol.key->public_key()}});
  CHECK(epochs.use(other_key) != first);
  CHECK(epochs.use(epochs.for_bob, Suite::kX25519ChaCha) != first);
  CHECK(epochs.use(epochs.for_bob) == first);
  CHECK(epochs.keys.size() == 5);
}

TEST_CASE("the same set is the same in any order") {
  Epochs epochs;
  const RecipientSet turned =
      *RecipientSet::make({epochs.carol.recipient(), epochs.bob.recipient()});
  CHECK(epochs.use(epochs.for_both) == epochs.use(turned));
}

TEST_CASE("KEKs of a recipient, or all, are forgotten on request; those in use stay usable") {
  Epochs epochs;
  const KeyId bobs = epochs.use(epochs.for_bob);
  const KeyId both = epochs.use(epochs.for_both);
  const auto held = epochs.keys.find(both);
  epochs.keys.forget(kCarolAddress.id);
  CHECK(epochs.use(epochs.for_bob) == bobs);
  CHECK(epochs.use(epochs.for_both) != both);
  CHECK(held->kek.size() == kSecretSize);
  epochs.keys.forget_all();
  CHECK(epochs.keys.size() == 0);
  CHECK(epochs.use(epochs.for_bob) != bobs);
}

TEST_CASE("at most 4096 KEKs are kept: the one used longest ago goes") {
  Epochs epochs;
  const KeyId first = epochs.use(epochs.for_bob);
  const KeyId second = epochs.use(epochs.for_both);
  for (std::uint32_t version = 100; epochs.keys.size() < kMaxEpochs; ++version) {
    epochs.use(*RecipientSet::make(
        {Recipient{{KeyKind::kNode, id_of<KeyId>(1), version}, epochs.bob.key->public_key()}}));
  }
  epochs.use(epochs.for_bob);
  epochs.use(*RecipientSet::make(
      {Recipient{{KeyKind::kNode, id_of<KeyId>(2), 1}, epochs.bob.key->public_key()}}));
  CHECK(epochs.keys.size() == kMaxEpochs);
  CHECK(epochs.keys.find(first) != nullptr);
  CHECK(epochs.keys.find(second) == nullptr);
}

TEST_CASE("threads that seal to the same set at once each get a good KEK") {
  Epochs epochs;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        const auto epoch = epochs.keys.use(Suite::kX25519Aes, epochs.for_bob);
        good += epoch && (*epoch)->kek.size() == kSecretSize ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(good == 4000);
  CHECK(epochs.keys.size() == 1);
}

TEST_CASE("a set of recipients has 1 to 63 of one kind of key, each once, and no epoch") {
  Epochs epochs;
  const auto code = [](std::vector<Recipient> recipients) {
    const auto set = RecipientSet::make(std::move(recipients));
    return set ? Errc{} : set.error().code;
  };
  const auto& key = epochs.bob.key->public_key();
  std::vector<Recipient> many;
  for (std::uint32_t i = 0; i < 63; ++i) {
    many.push_back({{KeyKind::kNode, id_of<KeyId>(1), i}, key});
  }
  CHECK(code(many) == Errc{});
  many.push_back({{KeyKind::kNode, id_of<KeyId>(1), 63}, key});
  CHECK(code(many) == Errc::kInvalidArgument);
  CHECK(code({}) == Errc::kInvalidArgument);
  CHECK(code({epochs.bob.recipient(), epochs.bob.recipient()}) == Errc::kInvalidArgument);
  CHECK(code({{{KeyKind::kEpoch, id_of<KeyId>(1), 0}, key}}) == Errc::kInvalidArgument);
  const Holder p256(kCarolAddress, crypto::Kem::kP256);
  CHECK(code({epochs.bob.recipient(), p256.recipient()}) == Errc::kInvalidArgument);
}
