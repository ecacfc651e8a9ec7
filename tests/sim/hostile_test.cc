// Peers that are members of the mesh and yet send what they should not.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/raw_peer.h"
#include "wire/event.h"
#include "wire/request.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::network_of;
using testing::RawPeer;
using testing::RawStream;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// A node and a raw peer of its mesh, greeted and up.
struct Scene {
  explicit Scene(transport::Limits limits = {})
      : node(network, {.name = "node", .limits = limits}) {
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    control = raw.greet({network_of("main")});
    REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
  }
  // What the link came to, told by close code.
  Errc after(std::function<void()> deed) {
    deed();
    REQUIRE(network.run_until([&] { return node.events.downs.size() == 1 && raw.ended; }, 10s));
    return node.events.downs[0].second.code;
  }
  bool still_up() {
    network.run_for(1s);
    return node.has_link() && raw.connection != nullptr;
  }

  SimNetwork network{1};
  SimNode node;
  testing::TestIdentity identity{network.ca, {"raw", {"main"}}};
  RawPeer raw{network, identity.tls(network.ca)};
  RawStream* control = nullptr;
};

Bytes with_type(wire::StreamType type, const Bytes& rest) {
  Bytes bytes(rest.size() + 1, static_cast<std::uint8_t>(type));
  std::copy(rest.begin(), rest.end(), bytes.begin() + 1);
  return bytes;
}

Bytes frame(std::uint64_t type, const Bytes& body) {
  Bytes bytes;
  wire::put_frame(type, body, bytes);
  return bytes;
}

Bytes request(std::string_view path, const core::NetworkId& network) {
  wire::RequestHeader header;
  header.network = network;
  header.path = path;
  Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  REQUIRE(wire::put_request(header, {}, 0, bytes).has_value());
  return bytes;
}

constexpr std::uint64_t code(wire::ResetCode reset) {
  return static_cast<std::uint64_t>(reset);
}

}  // namespace

TEST_CASE("the raw peer of these tests is a good one when it wants") {
  Scene scene;
  RawStream* stream = scene.raw.open(request("echo", network_of("main")), true);
  REQUIRE(scene.network.run_until([&] { return stream->ended; }));
  CHECK(stream->got[0] == wire::kReply);
  CHECK(scene.still_up());
}

TEST_CASE(
    "a control frame that can't be decoded, is critical and unknown, or too large ends the link") {
  CHECK(Scene().after([] {}) == Errc::kLinkLost);  // the raw peer keeps nothing alive
  {
    Scene scene;
    CHECK(scene.after([&] { scene.raw.send(*scene.control, frame(0x0f, {1, 2, 3})); }) ==
          Errc::kMalformedFrame);
  }
  {
    Scene scene;
    CHECK(scene.after([&] {
      Bytes head;
      wire::put_frame_head(wire::kFirstOpaque, wire::kMaxControlFrame + 100, head);
      scene.raw.send(*scene.control, head);
    }) == Errc::kProtocol);
  }
  {
    Scene scene;
    CHECK(scene.after([&] { scene.raw.send(*scene.control, frame(wire::kHello, {0xa0})); }) ==
          Errc::kProtocol);
  }
}

TEST_CASE("an unknown control frame that is not critical is skipped") {
  Scene scene;
  scene.raw.send(*scene.control, frame(0x0e, {1, 2, 3}));
  scene.raw.send(*scene.control, frame(wire::kFirstOpaque, {'o', 'k'}));
  REQUIRE(scene.network.run_until([&] { return scene.node.events.controls.size() == 1; }));
  CHECK(scene.node.events.controls[0].body == "ok");
}

TEST_CASE("a control stream that ends ends the link") {
  Scene scene;
  CHECK(scene.after([&] {
    scene.control->end = true;
    scene.raw.send(*scene.control, {});
  }) == Errc::kProtocol);
}

TEST_CASE("a hello that is missing, broken, or of another version never brings a link up") {
  const auto refused = [](const Bytes& control) {
    SimNetwork network(1);
    SimNode node(network, {.name = "node"});
    const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
    RawPeer raw(network, identity.tls(network.ca));
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    raw.open(with_type(wire::StreamType::kControl, control), false);
    REQUIRE(network.run_until([&] { return raw.ended.has_value(); }, 15s));
    CHECK(node.events.ups.empty());
    return raw.ended->code;
  };
  CHECK(refused(frame(wire::kFirstOpaque, {})) == Errc::kProtocol);
  CHECK(refused(frame(wire::kHello, {0xff})) == Errc::kMalformedFrame);
  CHECK(refused(frame(wire::kHello, {})) == Errc::kMalformedFrame);
  wire::Hello future;
  future.wire_min = 100;
  future.wire_max = 101;
  future.networks = {network_of("main")};
  Bytes body;
  wire::put_hello(future, body);
  CHECK(refused(frame(wire::kHello, body)) == Errc::kVersionMismatch);
}

TEST_CASE("a peer that says no hello is closed in time") {
  SimNetwork network(1);
  SimNode node(network, {.name = "node"});
  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  RawPeer raw(network, identity.tls(network.ca));
  raw.dial(node.address());
  REQUIRE(network.run_until([&] { return raw.confirmed; }));
  raw.connection->keep_alive(1s);
  REQUIRE(network.run_until([&] { return raw.ended.has_value(); }, 11s));
  CHECK(node.events.ups.empty());
}

TEST_CASE("a hello can't name networks that the certificate does not have") {
  SimNetwork network(1);
  SimNode node(network, {.name = "node", .networks = {"main", "secret"}});
  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  RawPeer raw(network, identity.tls(network.ca));
  raw.dial(node.address());
  REQUIRE(network.run_until([&] { return raw.confirmed; }));
  raw.greet({network_of("secret"), network_of("main")});
  REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
  CHECK(node.events.ups[0].peer.networks == std::vector{network_of("main")});

  RawStream* stream = raw.open(request("echo", network_of("secret")), true);
  REQUIRE(network.run_until([&] { return stream->ended; }));
  CHECK(node.handler.calls == 0);
}

TEST_CASE("requests that can't be decoded cost their stream, not the link") {
  Scene scene;
  const auto reset_of = [&](const Bytes& bytes, bool end) {
    RawStream* stream = scene.raw.open(bytes, end);
    REQUIRE(stream != nullptr);
    REQUIRE(scene.network.run_until([&] { return stream->over || stream->stopped; }));
    return stream->reset.value_or(stream->stopped.value_or(0));
  };
  const auto malformed = code(wire::ResetCode::kMalformed);
  Bytes cut = request("echo", network_of("main"));
  cut.erase(cut.end() - 3, cut.end());
  CHECK(reset_of(cut, true) == malformed);
  CHECK(reset_of(with_type(wire::StreamType::kRequest, {}), true) == malformed);
  CHECK(reset_of(with_type(wire::StreamType::kRequest, frame(0x0b, {1})), false) == malformed);
  CHECK(reset_of(with_type(wire::StreamType::kRequest, frame(wire::kRequest, {0, 9, 1})), true) ==
        malformed);
  CHECK(reset_of(with_type(static_cast<wire::StreamType>(0x21), {1, 2, 3}), false) ==
        code(wire::ResetCode::kUnknown));
  CHECK(scene.still_up());
  CHECK(scene.node.handler.calls == 0);
}

TEST_CASE("a request larger than the limit is refused by type before it is sent") {
  Scene scene;
  Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  wire::put_frame_head(wire::kRequest, 5'000'000, bytes);
  RawStream* stream = scene.raw.open(bytes, false);
  REQUIRE(scene.network.run_until([&] { return stream->ended; }));
  CHECK(stream->stopped.has_value());
  CHECK(scene.still_up());
}

TEST_CASE("a message that never comes to its end is given up") {
  Scene scene;
  scene.raw.connection->keep_alive(1s);
  Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  wire::put_frame_head(wire::kRequest, 1000, bytes);
  RawStream* stream = scene.raw.open(bytes, false);
  REQUIRE(scene.network.run_until([&] { return stream->over || stream->stopped; }, 35s));
  CHECK(scene.still_up());
}

TEST_CASE("streams beyond the limit can't be opened, and those given back can be used again") {
  transport::Limits limits;
  limits.request_streams = 4;
  Scene scene(limits);
  std::vector<RawStream*> held;
  for (int i = 0; i < 4; ++i) {
    held.push_back(scene.raw.open(request("hold", network_of("main")), true));
    REQUIRE(held.back() != nullptr);
  }
  CHECK(scene.raw.open(request("hold", network_of("main")), true) == nullptr);
  REQUIRE(scene.network.run_until([&] { return scene.node.handler.asked.size() == 4; }));
  scene.node.handler.asked[0].responder(rpc::Reply::success({}));
  REQUIRE(scene.network.run_until([&] { return held[0]->over; }));
  scene.network.run_for(100ms);
  CHECK(scene.raw.open(request("hold", network_of("main")), true) != nullptr);
}

TEST_CASE("streams opened and reset again and again leave nothing behind") {
  Scene scene;
  scene.raw.connection->keep_alive(1s);
  for (int i = 0; i < 1000; ++i) {
    RawStream* stream = scene.raw.open(request("hold", network_of("main")), false);
    if (stream == nullptr) {
      scene.network.run_for(5ms);
      continue;
    }
    scene.network.run_for(i % 3 == 0 ? 2ms : 0ms);
    if (!scene.raw.connection) {
      break;
    }
    scene.raw.connection->stop(stream->id(), wire::ResetCode::kCancelled);
  }
  scene.network.run_for(1s);
  CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
}

TEST_CASE("an event that can't be decoded ends the link") {
  Scene scene;
  Bytes lane = with_type(wire::StreamType::kLane, {0});
  wire::put_frame(wire::kEvent, Bytes{0, 9, 1}, lane);
  CHECK(scene.after([&] { scene.raw.open(lane, false, false); }) == Errc::kMalformedFrame);
}

TEST_CASE("an event larger than the limit is skipped, and those after it arrive") {
  transport::Limits limits;
  limits.payload = 20'000;
  Scene scene(limits);
  scene.raw.connection->keep_alive(1s);
  Bytes lane = with_type(wire::StreamType::kLane, {0});
  wire::put_frame_head(wire::kEvent, 500'000, lane);
  lane.resize(lane.size() + 500'000);
  wire::put_frame_head(wire::kEvent, 60'000, lane);  // as large as it may be in a window
  lane.resize(lane.size() + 60'000);
  wire::EventHeader header;
  header.network = network_of("main");
  header.topic = "a/b";
  REQUIRE(wire::put_event(header, {}, {}, 0, lane).has_value());
  scene.raw.open(lane, false, false);
  REQUIRE(scene.network.run_until([&] { return scene.node.sink.count == 1; }));
  CHECK(scene.node.hub->stats().events_too_large == 2);
  CHECK(std::ranges::count_if(scene.node.logged, [](const std::string& line) {
          return line.find("larger than limits.payload") != std::string::npos;
        }) == 2);
  CHECK(scene.still_up());
}

TEST_CASE("an event larger than any node's limit, or one to skip that stops, ends the link") {
  for (const std::uint64_t size : {std::uint64_t{5'000'000}, std::uint64_t{100'000'000}}) {
    Scene scene;
    scene.raw.connection->keep_alive(1s);
    Bytes lane = with_type(wire::StreamType::kLane, {0});
    wire::put_frame_head(wire::kEvent, size, lane);
    scene.raw.open(lane, false, false);
    const core::TimePoint begin = scene.network.clock.now();
    REQUIRE(scene.network.run_until([&] { return scene.raw.ended.has_value(); }, 40s));
    CHECK(scene.raw.ended->code == Errc::kMalformedFrame);
    CHECK((scene.network.clock.now() - begin > 29s) == (size == 5'000'000));
  }
}

TEST_CASE("a lane with the number of another one ends the link") {
  Scene scene;
  const Bytes lane = with_type(wire::StreamType::kLane, {7});
  CHECK(scene.raw.open(lane, false, false) != nullptr);
  CHECK(scene.raw.open(with_type(wire::StreamType::kLane, {8}), false, false) != nullptr);
  CHECK(scene.still_up());
  CHECK(scene.after([&] { scene.raw.open(lane, false, false); }) == Errc::kMalformedFrame);
}

TEST_CASE("lanes that end while they are held are told of, and leave their numbers and streams") {
  Scene scene;
  scene.raw.connection->keep_alive(1s);
  scene.node.sink.hold = true;
  wire::EventHeader header;
  header.network = network_of("main");
  header.topic = "a/b";
  Bytes lane = with_type(wire::StreamType::kLane, {7});
  REQUIRE(wire::put_event(header, {}, {}, 0, lane).has_value());
  const std::size_t many = 3 * transport::Limits().lane_streams;
  for (std::size_t i = 0; i < many; ++i) {
    REQUIRE(scene.raw.open(lane, true, false) != nullptr);
    REQUIRE(scene.network.run_until([&] { return scene.node.sink.over.size() == i + 1; }));
    scene.network.run_for(10ms);  // for the stream to be given back
  }
  CHECK(std::ranges::all_of(scene.node.sink.over, [](const auto& end) { return end.second == 7; }));
  CHECK(scene.node.sink.count == 0);
  CHECK(scene.still_up());
}

TEST_CASE("an event for a network that is not common is dropped") {
  Scene scene;
  wire::EventHeader header;
  header.network = network_of("secret");
  header.topic = "a/b";
  Bytes lane{static_cast<std::uint8_t>(wire::StreamType::kLane), 0};
  REQUIRE(wire::put_event(header, {}, {}, 0, lane).has_value());
  header.network = network_of("main");
  REQUIRE(wire::put_event(header, {}, {}, 0, lane).has_value());
  scene.raw.open(lane, false, false);
  REQUIRE(scene.network.run_until([&] { return scene.node.sink.count == 1; }));
  CHECK(scene.still_up());
  CHECK(scene.node.sink.count == 1);
}

TEST_CASE("who is not known yet learns no more from a close than its number, a peer learns why") {
  SimNetwork network(1);
  SimNode node(network, {.name = "node"});
  RawPeer twin(network, node.identity.tls(network.ca));  // not known: it shows the node's own id
  twin.dial(node.address());
  REQUIRE(network.run_until([&] { return twin.ended.has_value(); }, 1s));
  CHECK(twin.ended->code == Errc::kSelfDial);
  CHECK(twin.ended->about == "closed by the peer");

  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  RawPeer raw(network, identity.tls(network.ca));
  raw.dial(node.address());
  REQUIRE(network.run_until([&] { return raw.confirmed; }));
  RawStream* control = raw.greet({network_of("main")});
  REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
  raw.send(*control, frame(wire::kHello, {}));
  REQUIRE(network.run_until([&] { return raw.ended.has_value(); }, 1s));
  CHECK(raw.ended->about == "closed by the peer: second hello");
}

TEST_CASE("who hangs up before it proved who it is says nothing of the networks of whom it plays") {
  SimNetwork network{1};
  SimNode node(network, {.name = "node"});
  const SimNode played(network, {.name = "played"});
  const testing::TestIdentity identity(network.ca, {"raw", {"other"}});
  RawPeer raw{network, identity.tls(network.ca)};
  raw.hang_up = wire::CloseCode::kNoCommonNetwork;
  node.dial({raw.address()}, played.identity.id);
  REQUIRE(network.run_until([&] { return !node.events.dials.empty(); }, 12s));
  CHECK(raw.completed);
  CHECK(node.events.dials[0].second.error().code == Errc::kLinkLost);
}

TEST_CASE("a link that is closed answers late packets less and less, then not at all") {
  Scene scene;
  Bytes late;
  scene.network.on_datagram = [&](const transport::Address& from, const transport::Address&,
                                  core::ByteView bytes) {
    if (from == scene.raw.address() && (bytes[0] & 0x80) == 0) {
      late.assign(bytes.begin(), bytes.end());
    }
    return true;
  };
  RawStream* stream = scene.raw.open(request("echo", network_of("main")), true);
  REQUIRE(scene.network.run_until([&] { return stream->ended; }));
  scene.after([&] { scene.raw.send(*scene.control, frame(wire::kHello, {})); });
  std::size_t answers = 0;
  scene.network.on_datagram = [&](const auto&, const auto&, core::ByteView) {
    ++answers;
    return false;
  };
  REQUIRE_FALSE(late.empty());
  for (int i = 0; i < 500; ++i) {
    scene.node.receive({late, scene.raw.address(), {}, 0});
    scene.node.woken = true;
    scene.network.run_for(1us);
  }
  CHECK(answers >= 1);
  CHECK(answers <= 9);  // after 1, 2, 4, 8 ... packets
  scene.network.run_for(10s);
  answers = 0;
  scene.node.receive({core::ByteView(late).first(30), scene.raw.address(), {}, 0});
  scene.node.woken = true;
  scene.network.run_for(1s);
  CHECK(answers == 0);
  CHECK(scene.node.hub->stats().connection_ids == 0);
}

TEST_CASE("random bytes on random streams never hang or grow the node") {
  core::SeededRandom random(99);
  for (int round = 0; round < 60; ++round) {
    Scene scene;
    for (int i = 0; i < 20 && scene.raw.connection; ++i) {
      Bytes bytes(random.below(300) + 1);
      random.fill(bytes);
      bytes[0] = static_cast<std::uint8_t>(random.below(6));
      scene.raw.open(bytes, random.below(2) == 0, random.below(2) == 0);
      scene.network.run_for(2ms);
    }
    if (scene.raw.connection) {
      Bytes bytes(random.below(300) + 1);
      random.fill(bytes);
      scene.raw.send(*scene.control, bytes);
    }
    scene.network.run_for(60s);
    CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
    CHECK_FALSE(scene.node.has_link());  // the raw peer keeps no link alive
  }
}
