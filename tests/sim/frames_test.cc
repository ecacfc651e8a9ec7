// Frames that no QUIC library would send, sealed with the right keys: from a member of the mesh,
// and from strangers in their first packets.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/allocated.h"
#include "support/packet_forge.h"
#include "support/raw_peer.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::allocated_bytes;
using testing::Frames;
using testing::PacketForge;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// A node with a link to a peer that then sends what it likes.
struct Scene {
  Scene() {
    network.on_datagram = [this](const transport::Address& from, const transport::Address& to,
                                 core::ByteView bytes) {
      if (from == raw.address() && (bytes[0] & 0x80) == 0) {
        dcid.assign(bytes.begin() + 1, bytes.begin() + 1 + transport::kCidSize);
      }
      answered += to == raw.address() ? bytes.size() : 0;
      return true;
    };
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    raw.greet({testing::network_of("main")});
    REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
    network.run_for(100ms);
    raw.connection.reset();  // what follows is forged
    REQUIRE(keys.secret.size() == 32);
    forge.emplace(keys.secret);
    forge->next_number = 1000;
  }
  void send(const Bytes& frames) {
    node.receive({forge->short_packet(dcid, frames), raw.address(), {}, 0});
    node.woken = true;
    sent += frames.size();
  }
  // Numbers that a packet has room for.
  void send_many(std::uint64_t count, const std::function<void(Frames&, std::uint64_t)>& add) {
    for (std::uint64_t i = 0; i < count && node.has_link();) {
      Frames frames;
      while (i < count && frames.size() < 1100) {
        add(frames, i++);
      }
      send(frames);
      network.run_for(10us);
    }
  }
  bool down() {
    network.run_for(5ms);
    return !node.has_link();
  }

  SimNetwork network{1};
  SimNode node{network, {.name = "node"}};
  testing::TestIdentity identity{network.ca, {"raw", {"main"}}};
  std::shared_ptr<const transport::TlsContext> tls = identity.tls(network.ca);
  testing::KeyLog keys{tls->native(false)};
  testing::RawPeer raw{network, tls};
  std::optional<PacketForge> forge;
  Bytes dcid;
  std::uint64_t answered = 0;
  std::uint64_t sent = 0;
};

void check_ends_link(const char* what, const Bytes& frames) {
  INFO(what);
  Scene scene;
  scene.send(frames);
  REQUIRE(scene.down());
  REQUIRE(scene.node.events.downs.size() == 1);
  CHECK(scene.node.events.downs[0].second.code == Errc::kProtocol);
  scene.network.run_for(10s);
  CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
}

constexpr std::uint64_t kPing = 0x01;

}  // namespace

TEST_CASE("the forge of these tests makes packets that are taken") {
  Scene scene;
  scene.send(Frames().number(kPing));
  CHECK_FALSE(scene.down());
  const std::uint64_t before = scene.answered;
  scene.send(Frames().number(kPing));
  scene.send(Frames().number(kPing));
  scene.network.run_for(100ms);
  CHECK(scene.answered > before);  // acknowledged
}

TEST_CASE("frames that break QUIC's rules end the link") {
  const transport::Limits limits;
  check_ends_link("a datagram frame, which was not negotiated",
                  Frames().numbers({0x31, 3}).bytes(3));
  check_ends_link("an unknown frame", Frames().number(0x7f));
  check_ends_link("a frame that is cut", Frames().numbers({0x0e, 4, 0, 500}).bytes(10));
  check_ends_link("stream data beyond the stream's window",
                  Frames().stream(4, limits.request_window, 1));
  check_ends_link("a stream beyond the limit",
                  Frames().stream(4 * (limits.request_streams + 5), 0, 1));
  check_ends_link("data on a stream of the node's that it never opened", Frames().stream(1, 0, 1));
  check_ends_link("STOP_SENDING for a stream that the node never opened",
                  Frames().numbers({0x05, 1, 0}));
  check_ends_link("two ends of one stream", Frames().stream(4, 0, 3, true).stream(4, 0, 5, true));
  check_ends_link("a reset that ends a stream before what was sent",
                  Frames().stream(4, 0, 100).numbers({0x04, 4, 0, 50}));
  check_ends_link("an acknowledgement of what was never sent",
                  Frames().numbers({0x02, 100'000, 0, 0, 10}));
  check_ends_link("HANDSHAKE_DONE from a dialler", Frames().number(0x1e));
  check_ends_link("NEW_TOKEN from a dialler", Frames().numbers({0x07, 4}).bytes(4));
  check_ends_link("TLS data after the handshake, far ahead", Frames().crypto(70'000, 100));
  check_ends_link("TLS data after the handshake that is none", Frames().crypto(0, 100));
  check_ends_link("RETIRE_CONNECTION_ID of an id never given", Frames().numbers({0x19, 1000}));
  check_ends_link("more MAX_STREAMS than there are numbers",
                  Frames().numbers({0x12, (1ULL << 60) + 1}));
}

TEST_CASE("a flood of new connection ids ends the link or is forgotten at once") {
  for (const bool retiring : {false, true}) {
    Scene scene;
    const std::uint64_t ids = scene.node.hub->stats().connection_ids;
    const std::size_t memory = allocated_bytes();
    scene.send_many(20'000, [&](Frames& frames, std::uint64_t i) {
      frames.numbers({0x18, 10 + i, retiring ? 10 + i : 0, 16})
          .bytes(8, static_cast<std::uint8_t>(i >> 8))
          .bytes(8, static_cast<std::uint8_t>(i))
          .bytes(8, static_cast<std::uint8_t>(i >> 8))
          .bytes(8, static_cast<std::uint8_t>(i));
    });
    CHECK(scene.node.hub->stats().reset_tokens <= 10);
    CHECK(scene.node.hub->stats().connection_ids <= ids);
    CHECK(allocated_bytes() < memory + 1'000'000);
  }
}

TEST_CASE("a peer that retires the node's ids again and again gets at most eight at a time") {
  Scene scene;
  const std::size_t memory = allocated_bytes();
  for (std::uint64_t i = 0; i < 5000 && scene.node.has_link(); ++i) {
    scene.send(Frames().numbers({0x19, 1 + i}));
    scene.network.run_for(100us);
    CHECK(scene.node.hub->stats().connection_ids <= 9);  // and the one that the dialler made up
  }
  CHECK(allocated_bytes() < memory + 1'000'000);
}

TEST_CASE("streams full of gaps end the link before they hold much") {
  Scene scene;
  const transport::Limits limits;
  const std::size_t before = allocated_bytes();
  std::size_t most = before;
  std::uint64_t gaps = 0;
  for (std::uint64_t number = 1; number <= limits.request_streams; ++number) {
    scene.send_many(3900, [&](Frames& frames, std::uint64_t i) {  // ngtcp2 itself allows 4000
      frames.stream(4 * number, 2 * i + 1, 1);  // each second byte, never the first
      ++gaps;
      most = std::max(most, gaps % 100 == 0 ? allocated_bytes() : 0);
    });
  }
  CHECK_FALSE(scene.node.has_link());
  CHECK(scene.node.events.downs[0].second.code == Errc::kOverloaded);
  CHECK(gaps > 100'000);
  CHECK(most < before + limits.connection_memory() + 2'000'000);
  scene.network.run_for(10s);
  CHECK(allocated_bytes() < before + 1'000'000);
}

TEST_CASE("challenges, pings and resets by the thousand are answered at a bounded rate") {
  Scene scene;
  const std::size_t memory = allocated_bytes();
  scene.send_many(20'000, [](Frames& frames, std::uint64_t) {
    frames.number(0x1a).bytes(8, 7);  // PATH_CHALLENGE
  });
  scene.send_many(20'000, [](Frames& frames, std::uint64_t) { frames.number(kPing); });
  CHECK(scene.answered < 3 * scene.sent);
  CHECK(allocated_bytes() < memory + 1'000'000);
}

TEST_CASE("random frames end the link or are skipped, and leave nothing behind") {
  core::SeededRandom random(5);
  for (int round = 0; round < 100; ++round) {
    Scene scene;
    for (int i = 0; i < 200 && scene.node.has_link(); ++i) {
      Frames frames;
      for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
        frames.number(random.below(0x20));
        for (std::uint64_t k = random.below(5); k > 0; --k) {
          frames.number(random.below(4) == 0 ? random.below(1ULL << 40) : random.below(40));
        }
        frames.bytes(random.below(30), static_cast<std::uint8_t>(random.below(256)));
      }
      scene.send(frames);
      scene.network.run_for(100us);
    }
    scene.network.run_for(40s);
    CHECK_FALSE(scene.node.has_link());
    CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
    CHECK(scene.node.hub->expiry() == core::kNever);
  }
}

namespace {

// First packets of a stranger with these frames: how many bytes came back, and that nothing stays.
std::uint64_t answer_to_initials(const std::function<Bytes(std::uint64_t)>& frames,
                                 std::uint64_t packets) {
  SimNetwork network(3);
  SimNode node(network, {.name = "node"});
  const transport::Address from = *transport::Address::parse("10.9.9.9:1");
  std::uint64_t answered = 0;
  std::uint64_t sent = 0;
  network.on_datagram = [&](const transport::Address&, const transport::Address& to,
                            core::ByteView bytes) {
    answered += to == from ? bytes.size() : 0;
    CHECK(answered <= 3 * sent);
    return false;
  };
  const Bytes dcid(16, 0x77);
  const Bytes scid(8, 0x88);
  PacketForge forge = PacketForge::for_initial(dcid);
  for (std::uint64_t i = 0; i < packets; ++i) {
    const Bytes packet = forge.initial_packet(dcid, scid, frames(i));
    sent += packet.size();
    node.receive({packet, from, {}, 0});
    node.woken = true;
    network.run_for(1ms);
  }
  network.run_for(20s);
  CHECK(node.hub->stats().half_open == 0);
  CHECK(node.hub->stats().handshakes == 0);
  CHECK(node.hub->stats().connection_ids == 0);
  CHECK(node.hub->expiry() == core::kNever);
  return answered;
}

}  // namespace

TEST_CASE("first packets with wrong frames cost no state and at most a close") {
  CHECK(answer_to_initials([](auto) { return Frames().number(kPing); }, 1) < 1200);
  CHECK(answer_to_initials([](auto) { return Frames().crypto(0, 300); }, 1) < 1200);
  CHECK(answer_to_initials([](auto) { return Frames().crypto(100'000, 300); }, 1) < 1200);
  CHECK(answer_to_initials([](auto) { return Frames().stream(0, 0, 10); }, 1) < 1200);
  CHECK(answer_to_initials([](auto) { return Frames().numbers({0x02, 5000, 0, 0, 1}); }, 1) < 1200);
  CHECK(answer_to_initials([](auto) { return Frames().numbers({0x1c, 0, 0, 0}); }, 1) < 1200);
}

TEST_CASE("TLS data out of order, piece by piece, holds little and is given up in time") {
  const std::size_t memory = allocated_bytes();
  answer_to_initials(
      [](std::uint64_t i) {
        Frames frames;
        for (std::uint64_t k = 0; k < 100; ++k) {
          frames.crypto(1 + 2 * (100 * i + k), 1);
        }
        return frames;
      },
      500);
  CHECK(allocated_bytes() < memory + 1'000'000);
}
