// Compact envelopes: what a peer has said that it keeps is only named.
#include "world.h"

namespace runard::sealing::testing {
namespace {

constexpr std::uint64_t kType = 77;
const char* const kSchema = R"({"properties":{"email":{"x-runar-label":"user"},
    "phone":{"x-runar-label":"system"}}})";

// A asks, B reads all of it and says what it keeps.
struct World {
  World() {
    from.declare(kType, kSchema);
    to.ring.give(all.networks.at(kMain));
    to.ring.give(all.profiles.at(kAnn));
    listen(to);
  }
  void listen(Node& node) {
    node.codec.on_kept([this](const core::NodeId& peer, std::span<const envelope::KeyId> ids) {
      CHECK(peer == kA);
      said.insert(said.end(), ids.begin(), ids.end());
    });
  }
  void hear() { from.codec.peer_keeps(kB, std::exchange(said, {})); }

  rpc::Payload seal(PayloadPlace::Kind kind = PayloadPlace::Kind::kRequest) {
    const core::Bytes value = cbor([](runar::cbor::Writer& w) {
      w.map(2);
      for (const char* key : {"email", "phone"}) {
        w.text(key);
        w.text(std::string(key) + "-sentinel");
      }
    });
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = kType;
    PayloadPlace at = place;
    at.kind = kind;
    at.peer = kind == PayloadPlace::Kind::kEvent || kind == PayloadPlace::Kind::kStored
                  ? core::NodeId{}
                  : kB;
    auto sealed = from.codec.seal(at, payload);
    REQUIRE(sealed);
    return *sealed;
  }
  core::Result<core::Bytes> open(Node& node, const rpc::Payload& sealed) {
    PayloadPlace at = place;
    at.peer = kA;
    return node.open(at, sealed);
  }
  static bool is_whole(const core::Result<core::Bytes>& value) {
    return value && core::as_text(*value).find("email-sentinel") != std::string_view::npos &&
           core::as_text(*value).find("phone-sentinel") != std::string_view::npos;
  }

  Authority all;
  Node from{all, kA};
  Node to{all, kB};
  PayloadPlace place{PayloadPlace::Kind::kRequest, "main", "users/ann", 5, kB, kAnn, true};
  std::vector<envelope::KeyId> said;
};

TEST_CASE("What the peer keeps is only named, and opens to the same value") {
  World world;
  const rpc::Payload full = world.seal();
  REQUIRE(World::is_whole(world.open(world.to, full)));
  CHECK(world.said.size() == 2);
  CHECK(world.seal().bytes.size() == full.bytes.size());  // it has not been heard yet
  world.hear();
  const rpc::Payload compact = world.seal();
  // Two groups, one for the profile, one for network and profile: three recipients.
  CHECK(full.bytes.size() - compact.bytes.size() > 3 * 90);
  CHECK(World::is_whole(world.open(world.to, compact)));
  CHECK(world.from.codec.stats().compact == 1);
  CHECK(world.said.empty());
}

TEST_CASE("A reply to the peer is compact too; events and what is kept never are") {
  World world;
  REQUIRE(world.open(world.to, world.seal()));
  world.hear();
  const std::size_t compact = world.seal(PayloadPlace::Kind::kReply).bytes.size();
  CHECK(world.seal(PayloadPlace::Kind::kEvent).bytes.size() > compact + 3 * 90);
  CHECK(world.seal(PayloadPlace::Kind::kStored).bytes.size() > compact + 3 * 90);
}

TEST_CASE("A receiver that began anew asks for it in full, and gets the same message") {
  World world;
  REQUIRE(world.open(world.to, world.seal()));
  world.hear();
  Node again(world.all, kB);
  again.ring = world.to.ring;
  world.listen(again);
  const rpc::Payload compact = world.seal();
  CHECK(world.open(again, compact).error().code == Errc::kKekUnknown);
  CHECK(again.codec.stats().refused == 0);
  const auto full = world.from.codec.in_full(kB, compact);
  REQUIRE(full);
  CHECK(World::is_whole(world.open(again, *full)));
  CHECK(world.open(again, *full).error().code == Errc::kSealedRefused);  // T28: once
  // From now on in full, until the peer says again what it keeps.
  CHECK(world.seal().bytes.size() == full->bytes.size());
  CHECK(world.said.size() == 2);
  world.hear();
  CHECK(world.seal().bytes.size() == compact.bytes.size());
}

TEST_CASE("A new run of the peer is taken to keep nothing") {
  World world;
  const std::size_t full = world.seal().bytes.size();
  REQUIRE(world.open(world.to, world.seal()));
  world.hear();
  world.from.codec.peer_began(kB);
  CHECK(world.seal().bytes.size() == full);
}

TEST_CASE("What was sealed with a key that is not there any more is not sent again") {
  World world;
  REQUIRE(world.open(world.to, world.seal()));
  world.hear();
  const rpc::Payload compact = world.seal();
  Node restarted{world.all, kA};
  CHECK(world.from.codec.in_full(kB, compact));
  CHECK(restarted.codec.in_full(kB, compact).error().code == Errc::kKekUnknown);
  CHECK_FALSE(world.from.codec.in_full(kB, rpc::Payload{}));
}

TEST_CASE("With new recipients there is a new key, in full") {
  World world;
  const std::size_t full = world.seal().bytes.size();
  REQUIRE(world.open(world.to, world.seal()));
  world.hear();
  world.all.networks[kMain] = Authority::make(envelope::KeyKind::kNetwork, kMain);
  ++world.all.changes;
  const std::size_t mixed = world.seal().bytes.size();
  CHECK(mixed < full);  // of the group that is the profile's alone nothing has changed
  CHECK(mixed > full - 150);
}

TEST_CASE("A node says of a KEK once a second at most that it keeps it, and of others' nothing") {
  World world;
  const rpc::Payload first = world.seal();
  const rpc::Payload second = world.seal();
  const rpc::Payload third = world.seal();
  REQUIRE(world.open(world.to, first));
  REQUIRE(world.open(world.to, second));
  CHECK(world.said.size() == 2);
  world.to.clock.advance(KeptKeks::kSayAgain);
  REQUIRE(world.open(world.to, third));
  CHECK(world.said.size() == 4);

  world.said.clear();
  Node outsider(world.all, kB);
  world.listen(outsider);
  REQUIRE(world.open(outsider, world.seal()));
  CHECK(world.said.empty());
}

TEST_CASE("What peers say is bounded: the newest 32 of each, 4096 of them") {
  KeptKeks kept;
  for (std::uint8_t i = 0; i < 100; ++i) {
    const auto id = id_of<envelope::KeyId>(i);
    kept.heard(kB, {&id, 1});
    CHECK(kept.tell(kB, id, {}));
  }
  CHECK(kept.kept_by(kB)->size() == KeptKeks::kMaxOfPeer);
  CHECK(kept.kept_by(kB)->back() == id_of<envelope::KeyId>(99));
  CHECK(kept.kept_by(kC) == nullptr);
  core::SystemRandom random;
  std::size_t there = 0;
  std::vector<core::NodeId> peers(KeptKeks::kMaxPeers + 100);
  for (core::NodeId& peer : peers) {
    random.fill(peer.bytes);
    kept.heard(peer, {});
  }
  for (const core::NodeId& peer : peers) {
    there += kept.kept_by(peer) == nullptr ? 0 : 1;
  }
  CHECK(there <= KeptKeks::kMaxPeers);
}

}  // namespace
}  // namespace runard::sealing::testing
