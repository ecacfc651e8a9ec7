#include "envelope/replay_guard.h"

#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kNow = 1'700'000'000'000;

MessageId number(std::uint64_t value) {
  MessageId id;
  std::memcpy(id.bytes.data(), &value, sizeof value);
  return id;
}

struct Guarded {
  Errc accept(std::uint64_t id, std::int64_t made_before_now_ms = 0,
              const core::NodeId& sender = kAlice) {
    const auto created = kNow + static_cast<std::uint64_t>(passed.count() - made_before_now_ms);
    const auto result = guard.accept(sender, number(id), created, wall());
    return result ? Errc{} : result.error().code;
  }
  core::WallTime wall() const { return core::WallTime(std::chrono::milliseconds(kNow) + passed); }

  std::chrono::milliseconds passed{0};
  ReplayGuard guard;
};

core::NodeId sender_number(std::uint64_t value) {
  core::NodeId id;
  std::memcpy(id.bytes.data(), &value, sizeof value);
  return id;
}

}  // namespace

TEST_CASE("a message is taken once") {
  Guarded guarded;
  CHECK(guarded.accept(1) == Errc{});
  CHECK(guarded.accept(1) == Errc::kEnvelopeReplayed);
  CHECK(guarded.accept(2) == Errc{});
}

TEST_CASE("the same id of another sender is another message") {
  Guarded guarded;
  CHECK(guarded.accept(1) == Errc{});
  CHECK(guarded.accept(1, 0, kMallory) == Errc{});
}

TEST_CASE("a message from more than two minutes ago or ahead is stale") {
  Guarded guarded;
  CHECK(guarded.accept(1, 120'000) == Errc{});
  CHECK(guarded.accept(2, 120'001) == Errc::kEnvelopeStale);
  CHECK(guarded.accept(3, -120'000) == Errc{});
  CHECK(guarded.accept(4, -120'001) == Errc::kEnvelopeStale);
  CHECK_FALSE(guarded.guard.accept(kAlice, number(5), UINT64_MAX, guarded.wall()));
  CHECK_FALSE(guarded.guard.accept(kAlice, number(6), 0, guarded.wall()));
}

TEST_CASE("a replay is refused for as long as its time of making is good") {
  Guarded guarded;
  CHECK(guarded.accept(1, -120'000) == Errc{});  // made two minutes ahead
  for (const auto passed : {1min, 3min, 4min}) {
    guarded.passed = passed;
    CHECK(guarded.accept(1, passed / 1ms - 120'000) == Errc::kEnvelopeReplayed);
  }
  guarded.passed = 4min + 1ms;
  CHECK(guarded.accept(1, 120'001) == Errc::kEnvelopeStale);
}

TEST_CASE("ids are forgotten after ten minutes") {
  Guarded guarded;
  CHECK(guarded.accept(1) == Errc{});
  guarded.passed = 10min + 1ms;
  CHECK(guarded.accept(2) == Errc{});
  CHECK(guarded.guard.size() == 1);
}

TEST_CASE("a million ids in a minute stay within the bound, and no replay gets through") {
  Guarded guarded;
  for (std::uint64_t id = 0; id < 1'000'000; ++id) {
    guarded.passed = std::chrono::milliseconds(id * 60'000 / 1'000'000);
    REQUIRE(guarded.accept(id) == Errc{});
    REQUIRE(guarded.guard.size() <= kMaxReplayIds);
  }
  for (std::uint64_t id = 0; id < 1'000'000; id += 997) {
    const auto made = static_cast<std::int64_t>(id * 60'000 / 1'000'000);
    CHECK(guarded.accept(id, guarded.passed.count() - made) != Errc{});
  }
}

TEST_CASE("a flood of one sender does not push out what others sent") {
  Guarded guarded;
  REQUIRE(guarded.accept(1, 0, kMallory) == Errc{});
  constexpr std::uint64_t kSenders = kMaxReplayIdsInAll / kMaxReplayIds + 1;
  std::uint64_t id = 0;
  for (std::uint64_t sender = 0; sender < kSenders; ++sender) {
    for (std::size_t i = 0; i < kMaxReplayIds; ++i) {
      guarded.passed = std::chrono::milliseconds(id / 8);
      REQUIRE(guarded.accept(++id, 0, sender_number(sender)) == Errc{});
    }
  }
  CHECK(guarded.guard.size() == kMaxReplayIdsInAll);
  CHECK(guarded.accept(1, guarded.passed.count(), kMallory) == Errc::kEnvelopeReplayed);
}

TEST_CASE("with too many senders a new one waits until an old one has expired") {
  Guarded guarded;
  for (std::uint64_t i = 0; i < kMaxReplaySenders; ++i) {
    REQUIRE(guarded.accept(i, 0, sender_number(i)) == Errc{});
  }
  const core::NodeId late = sender_number(kMaxReplaySenders);
  CHECK(guarded.accept(1, 0, late) == Errc::kOverloaded);
  CHECK(guarded.accept(1'000'000, 0, sender_number(1)) == Errc{});
  guarded.passed = 10min + 1ms;
  CHECK(guarded.accept(1, 0, late) == Errc{});
}

TEST_CASE("a sender that is forgotten takes its ids along") {
  Guarded guarded;
  CHECK(guarded.accept(1) == Errc{});
  guarded.guard.forget(kAlice);
  guarded.guard.forget(kMallory);
  CHECK(guarded.guard.size() == 0);
}
