// What a node has once for all its peers: none of them can take it for good, or all of it.
#include <catch2/catch_test_macros.hpp>

#include "support/raw_peer.h"
#include "wire/event.h"
#include "wire/reply.h"
#include "wire/request.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::link_up;
using testing::network_of;
using testing::RawPeer;
using testing::RawStream;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

struct Scene {
  explicit Scene(const transport::Limits& limits = {})
      : node(network, {.name = "node", .limits = limits}) {
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    raw.connection->keep_alive(1s);
  }
  void greet() {
    raw.greet({network_of("main")});
    REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
  }
  std::size_t open_calls() const { return node.hub->exchange()->theirs().open_count(); }
  // Requests that are whole and then given up, so that their streams come back. The most that the
  // node held at a time.
  std::size_t give_up_many(int count) {
    std::size_t most = 0;
    for (int i = 0; i < count; ++i) {
      RawStream* stream = raw.open(request("hold", 10), true);
      network.run_for(5ms);
      most = std::max(most, open_calls());
      if (stream != nullptr) {
        raw.connection->stop(stream->id(), wire::ResetCode::kCancelled);
        raw.woken = true;
      }
    }
    return most;
  }
  static Bytes request(std::string_view path, std::size_t payload) {
    wire::RequestHeader header;
    header.network = network_of("main");
    header.path = path;
    Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
    REQUIRE(wire::put_request(header, {}, payload, bytes).has_value());
    bytes.resize(bytes.size() + payload);
    return bytes;
  }

  // With one event.
  static Bytes lane(std::uint8_t number) {
    wire::EventHeader header;
    header.network = network_of("main");
    header.topic = "a/b";
    Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kLane), number};
    REQUIRE(wire::put_event(header, {}, {}, 0, bytes).has_value());
    return bytes;
  }

  SimNetwork network{1};
  SimNode node;
  testing::TestIdentity identity{network.ca, {"raw", {"main"}}};
  RawPeer raw{network, identity.tls(network.ca)};
};

}  // namespace

TEST_CASE("the memory granted for an event comes back when its link ends in the midst of it") {
  transport::Limits limits;
  limits.shared_memory = 16 * 1024 * 1024;
  Scene scene(limits);
  scene.greet();
  Bytes lane{static_cast<std::uint8_t>(wire::StreamType::kLane), 0};
  wire::put_frame_head(wire::kEvent, 4'000'000, lane);
  lane.resize(1000);
  REQUIRE(scene.raw.open(lane, false, false) != nullptr);
  scene.network.run_for(100ms);
  scene.raw.connection.reset();
  REQUIRE(scene.network.run_until([&] { return !scene.node.has_link(); }, 10s));

  SimNode other(scene.network, {.name = "other"});
  REQUIRE(link_up(scene.network, other, scene.node));
  Waiter waiter;
  const std::string large(3'000'000, 'l');
  other.remote().call(sim_request("echo", large), waiter.responder());
  REQUIRE(scene.network.run_until([&] { return waiter.done(); }, 20s));
  CHECK(waiter.reply().ok());
}

TEST_CASE("a peer that says no hello holds no more calls than it may have streams") {
  transport::Limits limits;
  limits.request_streams = 8;
  Scene scene(limits);
  CHECK(scene.give_up_many(100) <= 8);
}

TEST_CASE("a request that is given up while the link pauses is forgotten at once") {
  transport::Limits limits;
  limits.request_streams = 8;
  limits.reply_pause = 1000;
  Scene scene(limits);
  scene.greet();
  RawStream* first = scene.raw.open(Scene::request("hold", 2000), true);
  REQUIRE(scene.network.run_until([&] { return scene.node.handler.asked.size() == 1; }));
  CHECK(scene.give_up_many(50) <= 3);
  scene.network.run_for(100ms);
  CHECK(scene.open_calls() == 1);

  RawStream* waits = scene.raw.open(Scene::request("echo", 10), true);
  REQUIRE(waits != nullptr);
  scene.network.run_for(100ms);
  CHECK_FALSE(waits->ended);
  scene.node.handler.asked[0].responder(rpc::Reply::success({}));
  REQUIRE(scene.network.run_until([&] { return first->ended && waits->ended; }));
  CHECK(scene.node.handler.calls == 2);
}

TEST_CASE("one node has a few links at a time, whatever generations it names") {
  SimNetwork network(1);
  SimNode node(network, {.name = "node"});
  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  std::vector<std::unique_ptr<RawPeer>> raws;
  for (std::uint64_t i = 0; i < 20; ++i) {
    raws.push_back(std::make_unique<RawPeer>(network, identity.tls(network.ca)));
    RawPeer& raw = *raws.back();
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed || raw.ended; }));
    if (raw.connection) {
      raw.connection->keep_alive(1s);
      raw.greet({network_of("main")}, 100 - i);
    }
    network.run_for(10ms);
  }
  const auto alive = std::count_if(raws.begin(), raws.end(),
                                   [](const auto& raw) { return raw->connection != nullptr; });
  CHECK(alive == 4);
  CHECK(raws[0]->connection != nullptr);
  REQUIRE(raws[19]->ended.has_value());
  CHECK(raws[19]->ended->code == Errc::kDuplicateLink);

  raws[0]->connection.reset();  // its place is another one's
  REQUIRE(network.run_until([&] { return !node.has_link(); }, 10s));
  RawPeer again(network, identity.tls(network.ca));
  again.dial(node.address());
  REQUIRE(network.run_until([&] { return again.confirmed; }));
  again.greet({network_of("main")}, 200);
  CHECK(network.run_until([&] { return node.events.ups.size() == 2; }));
}

TEST_CASE(
    "what follows a reply on its stream is given nothing, and a stream left open ends a link") {
  Scene scene;
  scene.greet();
  Waiter waiter;
  scene.node.remote().call(sim_request("x", ""), waiter.responder());
  REQUIRE(scene.network.run_until([&] { return scene.raw.peer_streams.size() == 1; }));
  RawStream& stream = *scene.raw.peer_streams[0];
  stream.out.reserve(RawPeer::kMostBytes);
  Bytes reply;
  wire::put_reply({}, 0, reply);
  scene.raw.send(stream, reply);
  REQUIRE(scene.network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().ok());

  Bytes second;
  wire::put_frame_head(wire::kReply, 3'000'000, second);
  second.resize(100'000);
  scene.raw.send(stream, second);
  scene.network.run_for(20s);
  CHECK(stream.sent_bytes <= scene.node.options.limits.request_window);
  CHECK(scene.node.has_link());
  REQUIRE(scene.network.run_until([&] { return scene.raw.ended.has_value(); }, 11s));
  CHECK(scene.raw.ended->code == Errc::kProtocol);
  CHECK(scene.node.hub->exchange()->ours().open_count() == 0);
}

TEST_CASE("the sink hears of the end of each lane, also on a link that was never announced") {
  Scene scene;
  scene.greet();
  scene.node.sink.hold = true;
  const auto over = [&](std::size_t lanes) {
    return scene.network.run_until([&] { return scene.node.sink.over.size() == lanes; }, 10s);
  };
  RawStream* reset = scene.raw.open(Scene::lane(3), false, false);
  scene.network.run_for(100ms);
  CHECK(scene.node.sink.over.empty());
  scene.raw.connection->stop(reset->id(), wire::ResetCode::kCancelled);
  scene.raw.woken = true;
  REQUIRE(over(1));
  CHECK(scene.node.sink.over[0].second == 3);
  scene.raw.open(Scene::lane(4), true, false);  // it ends with its event
  REQUIRE(over(2));

  RawPeer second(scene.network, scene.identity.tls(scene.network.ca));
  second.dial(scene.node.address());
  REQUIRE(scene.network.run_until([&] { return second.confirmed; }));
  second.greet({network_of("main")}, 0);  // no better than the first
  second.open(Scene::lane(5), false, false);
  second.open(Scene::lane(6), false, false);
  scene.network.run_for(100ms);
  CHECK(scene.node.events.ups.size() == 1);
  CHECK(scene.node.sink.over.size() == 2);
  second.connection.reset();
  REQUIRE(over(4));
  CHECK(scene.node.sink.over[2].first != scene.node.events.ups[0].link);
  CHECK(scene.node.events.downs.empty());
}

TEST_CASE("a peer's link generation, however great, makes this node's own ones no smaller") {
  SimNetwork network(1);
  SimNode a(network, {.name = "a"});
  SimNode b(network, {.name = "b"});
  REQUIRE(link_up(network, b, a));
  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  RawPeer raw(network, identity.tls(network.ca));
  raw.dial(a.address());
  REQUIRE(network.run_until([&] { return raw.confirmed; }));
  raw.greet({network_of("main")}, UINT64_MAX);
  REQUIRE(network.run_until([&] { return a.events.ups.size() == 2; }));

  a.dial(b);  // later, so it wins
  REQUIRE(network.run_until([&] { return b.events.ups.size() == 2; }));
  network.run_for(1s);
  CHECK(b.events.downs.size() == 1);
  CHECK(b.events.downs[0].first == b.events.ups[0].link);
}
