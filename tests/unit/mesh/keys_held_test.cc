// Peers tell each other which keys of networks they hold.
#include <catch2/catch_test_macros.hpp>

#include "pair.h"

using namespace runard;
using namespace runard::mesh;
using namespace std::chrono_literals;
using wire::SyncType;
using Held = std::vector<wire::KeyHeld>;

namespace {

const core::NetworkId kMain = FakeNames::id_of("main");
const core::NetworkId kBackup = FakeNames::id_of("backup");

struct Two {
  Two() : a(1, 1, {"main", "backup"}), b(2, 1, {"main"}), pair{a, b} {}
  void up(core::TimePoint now) {
    pair.up(7, now);
    pair.tick(now);
  }
  End a, b;
  Pair pair;
};

}  // namespace

TEST_CASE("a peer hears which keys of common networks a node holds, at once and when they change") {
  Two two;
  two.a.mesh.set_keys_held({{kMain, 3}, {kBackup, 9}}, at(0));
  two.up(at(0));
  CHECK(two.b.port.held[two.a.id] == Held{{kMain, 3}});
  CHECK_FALSE(two.a.port.held.contains(two.b.id));  // it holds none, and says nothing

  two.a.mesh.set_keys_held({{kMain, 4}}, at(100));
  CHECK(two.a.mesh.expiry() <= at(100));
  two.pair.tick(at(100));
  CHECK(two.b.port.held[two.a.id] == Held{{kMain, 4}});
}

TEST_CASE("what has not changed is not told again") {
  Two two;
  two.a.mesh.set_keys_held({{kMain, 3}}, at(0));
  two.up(at(0));
  two.a.mesh.set_keys_held({{kMain, 3}}, at(100));
  two.a.mesh.tick(at(100));
  CHECK(two.a.port.take(7, SyncType::kKeysHeld).empty());
}

TEST_CASE("a link that takes no more is told when it does") {
  Two two;
  two.up(at(0));
  two.a.port.room = 0;
  two.a.mesh.set_keys_held({{kMain, 3}}, at(100));
  two.a.mesh.tick(at(100));
  CHECK_FALSE(two.b.port.held.contains(two.a.id));
  CHECK(two.a.mesh.expiry() < core::kNever);
  two.a.port.room = SIZE_MAX;
  two.pair.tick(two.a.mesh.expiry());
  CHECK(two.b.port.held[two.a.id] == Held{{kMain, 3}});
}

TEST_CASE("T12: what a peer says of a network that is not common is not heard") {
  Two two;
  two.up(at(0));
  two.a.mesh.control(7, static_cast<std::uint64_t>(SyncType::kKeysHeld),
                     wire::encode(Held{{kBackup, 1}, {kMain, 2}}), at(10));
  CHECK(two.a.port.held[two.b.id] == Held{{kMain, 2}});
}

TEST_CASE("keys held that are malformed cost the link") {
  Two two;
  two.up(at(0));
  two.a.mesh.control(7, static_cast<std::uint64_t>(SyncType::kKeysHeld), core::Bytes{0x01}, at(10));
  CHECK(two.a.port.closed.at(7) == core::Errc::kMalformedFrame);
}
