// Peers that take nothing: what waits for them is bounded, is given up in time, and harms nobody.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/allocated.h"
#include "support/raw_peer.h"
#include "wire/event.h"
#include "wire/request.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using core::Errc;
using testing::allocated_bytes;
using testing::link_up;
using testing::network_of;
using testing::RawPeer;
using testing::RawStream;
using testing::sim_request;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

constexpr std::size_t kMega = 1024 * 1024;

Bytes request(std::string_view path, std::size_t payload = 0) {
  wire::RequestHeader header;
  header.network = network_of("main");
  header.path = path;
  Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  REQUIRE(wire::put_request(header, {}, payload, bytes).has_value());
  bytes.resize(bytes.size() + payload);
  return bytes;
}

// A node with a link to a peer that never gives any stream more than its first window.
struct Scene {
  explicit Scene(transport::Limits limits = {})
      : node(network, {.name = "node", .limits = limits}) {
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    raw.greet({network_of("main")});
    REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
    raw.connection->keep_alive(1s);
    node.handler.answer = [this](const testing::Asked& asked) {
      asked.responder(
          rpc::Reply::success(rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kRaw)));
    };
  }
  // As many requests as the node takes, until it takes no more for a second.
  std::vector<RawStream*> ask_for_all() {
    std::vector<RawStream*> asked;
    for (int refused = 0; refused < 10;) {
      RawStream* stream = raw.open(request("big"), true);
      if (stream == nullptr) {
        ++refused;
        network.run_for(100ms);
      } else {
        asked.push_back(stream);
        network.run_for(1ms);
      }
      node.handler.asked.clear();
    }
    return asked;
  }

  SimNetwork network{1};
  std::string payload = std::string(kMega, 'p');
  SimNode node;
  testing::TestIdentity identity{network.ca, {"raw", {"main"}}};
  RawPeer raw{network, identity.tls(network.ca)};
};

}  // namespace

TEST_CASE("a peer that reads no reply holds what a link may queue, no more, and is given up") {
  Scene scene;
  const std::size_t before = allocated_bytes();
  const std::vector<RawStream*> asked = scene.ask_for_all();
  const transport::Limits limits;
  CHECK(asked.size() == limits.request_streams);
  CHECK(scene.node.handler.calls < 20);  // the rest wait for room
  CHECK(allocated_bytes() - before < limits.reply_pause + 2 * kMega + 256 * limits.request_window);

  scene.network.run_for(limits.message_timeout + 5s);
  CHECK(scene.node.has_link());
  CHECK(std::count_if(asked.begin(), asked.end(),
                      [](const RawStream* s) { return s->reset.has_value(); }) > 0);
  scene.network.run_for(20min);  // all of them, a group after the other
  CHECK(std::all_of(asked.begin(), asked.end(), [](const RawStream* s) { return s->over; }));
  CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
  scene.node.handler.asked.clear();
  CHECK(allocated_bytes() < before + 5 * kMega);  // the raw peer keeps the first 8 KiB of each
}

TEST_CASE("peers that read nothing hold together what all may share, and others have theirs") {
  transport::Limits limits;
  limits.payload = 2 * kMega;
  limits.shared_memory = 32 * kMega;  // half of it for replies
  Scene scene(limits);
  const std::size_t before = allocated_bytes();
  std::vector<std::unique_ptr<RawPeer>> raws;
  std::vector<std::unique_ptr<testing::TestIdentity>> identities;
  for (int i = 0; i < 3; ++i) {
    identities.push_back(std::make_unique<testing::TestIdentity>(
        scene.network.ca, testing::CertOptions{"raw-" + std::to_string(i), {"main"}}));
    raws.push_back(
        std::make_unique<RawPeer>(scene.network, identities.back()->tls(scene.network.ca)));
    RawPeer& raw = *raws.back();
    raw.dial(scene.node.address());
    REQUIRE(scene.network.run_until([&] { return raw.confirmed; }));
    raw.greet({network_of("main")});
    raw.connection->keep_alive(1s);
    scene.network.run_for(10ms);
    for (int j = 0; j < 20; ++j) {
      static_cast<void>(raw.open(request("big"), true));
    }
  }
  scene.network.run_for(1s);
  scene.node.handler.asked.clear();
  INFO("each has 256 KiB of its own, and what a connection and its 20 streams take at both ends");
  CHECK(allocated_bytes() - before <
        limits.shared_memory / 2 + 3 * (limits.own_memory + 2 * kMega));

  SimNode other(scene.network, {.name = "other"});
  REQUIRE(link_up(scene.network, other, scene.node));
  for (const std::size_t size : {std::size_t{10}, 2 * kMega - 1000}) {
    Waiter waiter;
    other.remote().call(sim_request("big", std::string(size, 'x')), waiter.responder());
    REQUIRE(scene.network.run_until([&] { return waiter.done(); }, 3s));
    CHECK(waiter.reply().ok());
  }
}

TEST_CASE("requests to peers that take none count together, and make room again") {
  transport::Limits limits;
  limits.payload = 2 * kMega;
  limits.shared_memory = 16 * kMega;
  Scene scene(limits);
  std::vector<Waiter> waiters(6);
  for (Waiter& waiter : waiters) {
    rpc::Request asked = sim_request("x", scene.payload);
    asked.deadline = scene.network.clock.now() + 5s;
    scene.node.remote().call(asked, waiter.responder());
  }
  CHECK_FALSE(waiters[3].done());
  CHECK(waiters[4].reply().code == Errc::kBackpressure);  // half is for others
  CHECK(waiters[5].reply().code == Errc::kBackpressure);
  SimNode other(scene.network, {.name = "other"});
  REQUIRE(link_up(scene.network, other, scene.node));
  Waiter good;
  scene.node.events.ups.back().remote->call(sim_request("echo", scene.payload), good.responder());
  REQUIRE(scene.network.run_until([&] { return good.done(); }, 3s));
  CHECK(good.reply().ok());
  scene.network.run_for(6s);
  CHECK_FALSE(scene.node.hub->exchange()->memory().outgoing.scarce());
  CHECK(scene.node.hub->exchange()->memory().outgoing.take(limits.shared_memory / 2));
}

TEST_CASE("a request counts until nobody holds it any more, be it as its own reply") {
  transport::Limits limits;
  limits.payload = 100'000;
  limits.shared_memory = 1'600'000;
  Scene scene(limits);
  std::vector<RawStream*> asked;
  for (int i = 0; i < 10; ++i) {
    asked.push_back(scene.raw.open(request("echo", 100'000), true));
    REQUIRE(asked.back() != nullptr);
  }
  scene.network.run_for(1s);
  CHECK(scene.node.handler.calls == 4);  // a quarter is for them
  for (std::size_t i = 0; i < 4; ++i) {
    scene.raw.connection->stop(asked[i]->id(), wire::ResetCode::kCancelled);
  }
  scene.raw.woken = true;
  scene.network.run_for(1s);
  CHECK(scene.node.handler.calls == 8);
}

TEST_CASE("replies beyond a link's share come out of what all links share, and go back there") {
  transport::Limits limits;
  limits.reply_pause = 4 * kMega;
  limits.shared_memory = 16 * kMega;
  Scene scene(limits);
  scene.node.handler.answer = nullptr;
  std::vector<RawStream*> asked;
  for (int i = 0; i < 40; ++i) {
    asked.push_back(scene.raw.open(request("big"), true));
    REQUIRE(asked.back() != nullptr);
  }
  REQUIRE(scene.network.run_until([&] { return scene.node.handler.asked.size() == 40; }));
  const std::size_t before = allocated_bytes();
  for (const testing::Asked& one : scene.node.handler.asked) {
    one.responder(rpc::Reply::success(
        rpc::Payload::borrow(core::as_bytes(scene.payload), rpc::Encoding::kRaw)));
  }
  scene.network.run_for(1s);
  CHECK(allocated_bytes() - before < 11 * kMega);
  CHECK(std::count_if(asked.begin(), asked.end(), [](const RawStream* s) { return s->ended; }) >=
        28);  // OVERLOADED
  scene.network.run_for(limits.message_timeout + 5s);

  // Another link needs the shared memory for a large request.
  SimNode other(scene.network, {.name = "other"});
  REQUIRE(link_up(scene.network, other, scene.node));
  Waiter waiter;
  const std::string large(3 * kMega, 'l');
  other.remote().call(sim_request("echo", large), waiter.responder());
  REQUIRE(scene.network.run_until([&] { return waiter.done(); }));
  CHECK(waiter.reply().ok());
}

TEST_CASE(
    "a peer that acknowledges nothing is lost within the idle timeout, and its queue is freed") {
  Scene scene;
  const std::size_t before = allocated_bytes();
  scene.ask_for_all();
  const transport::Address peer = scene.raw.address();
  scene.network.on_datagram = [peer](const transport::Address& from, const transport::Address&,
                                     core::ByteView) { return from != peer; };
  scene.network.run_for(5s);
  CHECK_FALSE(scene.node.has_link());
  scene.network.run_for(10s);
  scene.node.handler.asked.clear();
  CHECK(scene.node.hub->exchange()->theirs().open_count() == 0);
  CHECK(scene.node.hub->expiry() == core::kNever);
  CHECK(allocated_bytes() < before + 5 * kMega);  // the raw peer keeps the first 8 KiB of each
}

TEST_CASE("requests to a peer that takes none are refused beyond the bound, and end by deadline") {
  std::vector<Waiter> waiters(200);
  Scene scene;
  const std::size_t before = allocated_bytes();
  for (Waiter& waiter : waiters) {
    rpc::Request request = sim_request("x", scene.payload);
    request.deadline = scene.network.clock.now() + 5s;
    scene.node.remote().call(request, waiter.responder());
  }
  const transport::Limits limits;
  CHECK(allocated_bytes() - before < limits.send_bytes + 2 * kMega);
  CHECK(waiters.back().reply().code == Errc::kBackpressure);
  scene.network.run_for(6s);
  CHECK(std::all_of(waiters.begin(), waiters.end(), [](const Waiter& w) { return w.done(); }));
  CHECK(waiters.front().reply().code == Errc::kDeadlineExceeded);
  scene.network.run_for(1s);
  CHECK(scene.node.hub->exchange()->ours().open_count() == 0);
  CHECK(allocated_bytes() < before + kMega);
}

TEST_CASE("events for a peer that takes none are refused beyond the bound of each lane") {
  Scene scene;
  const std::size_t before = allocated_bytes();
  const transport::Limits limits;
  transport::OutgoingEvent event;
  event.header.network = network_of("main");
  event.header.topic = "t";
  const Bytes payload(10'000, 'e');
  event.payload = payload;
  for (int i = 0; i < 1000; ++i) {
    for (std::uint64_t lane = 0; lane < limits.lane_streams; ++lane) {
      static_cast<void>(scene.node.remote().publish(lane, event));
    }
    scene.network.run_for(1ms);
  }
  for (std::uint64_t lane = 0; lane < limits.lane_streams; ++lane) {
    CHECK(scene.node.remote().lane_bytes(lane) <= limits.lane_bytes);
    CHECK(scene.node.remote().publish(lane, event).error().code == Errc::kBackpressure);
  }
  // What was taken may stand twice while it is handed over.
  CHECK(allocated_bytes() - before < 2 * limits.lane_streams * limits.lane_bytes);
}

TEST_CASE("a peer that takes nothing does not slow another one down") {
  Scene scene;
  SimNode other(scene.network, {.name = "other"});
  REQUIRE(link_up(scene.network, other, scene.node));
  scene.ask_for_all();
  for (int i = 0; i < 100; ++i) {
    Waiter waiter;
    const core::TimePoint begin = scene.network.clock.now();
    other.remote().call(sim_request("echo", std::string(1000, 'x')), waiter.responder());
    REQUIRE(scene.network.run_until([&] { return waiter.done(); }));
    CHECK(scene.network.clock.now() - begin < 5ms);
  }
}

TEST_CASE("an event that never comes to its end ends the link, a slow one does not") {
  for (const bool slow : {false, true}) {
    Scene scene;
    wire::EventHeader header;
    header.network = network_of("main");
    header.topic = "a/b";
    const std::string payload(100'000, 'e');
    Bytes lane{static_cast<std::uint8_t>(wire::StreamType::kLane), 0};
    REQUIRE(wire::put_event(header, {}, {}, payload.size(), lane).has_value());
    RawStream* stream = scene.raw.open(lane, false, false);
    for (int second = 0; second < 40 && scene.raw.connection; ++second) {
      scene.raw.send(*stream, slow ? Bytes(second < 20 ? 5000 : 0, 'e') : Bytes(10, 'e'));
      scene.network.run_for(1s);
    }
    CHECK(scene.node.has_link() == slow);
    CHECK(scene.node.sink.count == (slow ? 1 : 0));
  }
}
