#include "envelope/kek_cache.h"

#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;
using Found = KekCache::Found;

namespace {

KeyId number(std::uint64_t value) {
  KeyId id;
  std::memcpy(id.bytes.data(), &value, sizeof value);
  return id;
}

core::NodeId sender_number(std::uint64_t value) {
  core::NodeId id;
  std::memcpy(id.bytes.data(), &value, sizeof value);
  return id;
}

void fill(Secret& kek, std::uint64_t value) {
  std::memcpy(kek.bytes().data(), &value, sizeof value);
}

void add(KekCache& cache, const core::NodeId& sender, std::uint64_t value) {
  Secret kek;
  fill(kek, value);
  cache.add(sender, number(value), kek);
}

Found find(KekCache& cache, const core::NodeId& sender, std::uint64_t value) {
  Secret wanted;
  Secret got;
  fill(wanted, value);
  const Found found = cache.find(sender, number(value), got);
  CHECK((found != Found::kKek || got == wanted));
  return found;
}

}  // namespace

TEST_CASE("a KEK is found under its sender and id only") {
  KekCache cache;
  add(cache, kAlice, 1);
  CHECK(find(cache, kAlice, 1) == Found::kKek);
  CHECK(find(cache, kAlice, 2) == Found::kNothing);
  CHECK(find(cache, kMallory, 1) == Found::kNothing);
}

TEST_CASE("an epoch for others is remembered until this node gets keys, or the KEK itself") {
  KekCache cache;
  cache.add_for_others(kAlice, number(1));
  CHECK(find(cache, kAlice, 1) == Found::kForOthers);
  cache.forget_for_others();
  CHECK(find(cache, kAlice, 1) == Found::kNothing);
  cache.add_for_others(kAlice, number(1));
  add(cache, kAlice, 1);
  CHECK(find(cache, kAlice, 1) == Found::kKek);
  cache.add_for_others(kAlice, number(1));
  CHECK(find(cache, kAlice, 1) == Found::kKek);
  CHECK(cache.size() == 1);
}

TEST_CASE("a sender's KEKs go with it") {
  KekCache cache;
  add(cache, kAlice, 1);
  add(cache, kMallory, 2);
  cache.add_for_others(kAlice, number(3));
  cache.forget(kAlice);
  CHECK(find(cache, kAlice, 1) == Found::kNothing);
  CHECK(find(cache, kAlice, 3) == Found::kNothing);
  CHECK(find(cache, kMallory, 2) == Found::kKek);
  CHECK(cache.size() == 1);
}

TEST_CASE("a sender with too many KEKs loses its own, the one used longest ago first") {
  KekCache cache;
  add(cache, kMallory, 999'999);
  for (std::uint64_t i = 0; i < kMaxKeksOfSender; ++i) {
    add(cache, kAlice, i);
  }
  CHECK(find(cache, kAlice, 0) == Found::kKek);
  add(cache, kAlice, kMaxKeksOfSender);
  CHECK(cache.size() == kMaxKeksOfSender + 1);
  CHECK(find(cache, kAlice, 0) == Found::kKek);
  CHECK(find(cache, kAlice, 1) == Found::kNothing);
  CHECK(find(cache, kMallory, 999'999) == Found::kKek);
}

TEST_CASE("with 4096 KEKs of all senders, the one used longest ago goes") {
  KekCache cache;
  for (std::uint64_t i = 0; i < kMaxKeks; ++i) {
    add(cache, sender_number(i % 64), i);
  }
  CHECK(find(cache, sender_number(0), 0) == Found::kKek);
  for (std::uint64_t i = 0; i < 100; ++i) {
    add(cache, sender_number(1000), kMaxKeks + i);
  }
  CHECK(cache.size() == kMaxKeks);
  CHECK(find(cache, sender_number(0), 0) == Found::kKek);
  CHECK(find(cache, sender_number(1), 1) == Found::kNothing);
  CHECK(find(cache, sender_number(1000), kMaxKeks + 99) == Found::kKek);
  CHECK(find(cache, sender_number((kMaxKeks - 1) % 64), kMaxKeks - 1) == Found::kKek);
}

TEST_CASE("a pinned KEK stays, however many others come") {
  KekCache cache;
  const core::TimePoint now{};
  add(cache, kAlice, 0);
  REQUIRE(cache.pin(kAlice, number(0), now));
  CHECK(cache.pin(kAlice, number(0), now));
  CHECK_FALSE(cache.pin(kAlice, number(1), now));
  cache.add_for_others(kAlice, number(2));
  CHECK_FALSE(cache.pin(kAlice, number(2), now));
  for (std::uint64_t i = 10; i < 10 + kMaxKeksOfSender; ++i) {
    add(cache, kAlice, i);
  }
  for (std::uint64_t i = 0; i < kMaxKeks; ++i) {
    add(cache, sender_number(i % 64), 10'000 + i);
  }
  CHECK(cache.size() == kMaxKeks);
  CHECK(find(cache, kAlice, 0) == Found::kKek);
}

TEST_CASE("a sender pins 32 KEKs, all senders 2048, until their time is over") {
  KekCache cache;
  core::TimePoint now{};
  for (std::uint64_t sender = 0; sender < kMaxPinned / kMaxPinnedOfSender; ++sender) {
    for (std::uint64_t i = 0; i < kMaxPinnedOfSender; ++i) {
      add(cache, sender_number(sender), i);
      REQUIRE(cache.pin(sender_number(sender), number(i), now));
    }
  }
  add(cache, sender_number(0), 100);
  CHECK_FALSE(cache.pin(sender_number(0), number(100), now));
  add(cache, sender_number(1000), 100);
  CHECK_FALSE(cache.pin(sender_number(1000), number(100), now));
  cache.forget(sender_number(1));
  CHECK(cache.pin(sender_number(1000), number(100), now));
  now += kPinLife;
  CHECK(cache.pin(sender_number(0), number(100), now));
}
