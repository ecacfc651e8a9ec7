// The window of a whole connection: each byte that arrives is given back, whatever became of it.
#include <catch2/catch_test_macros.hpp>

#include "support/raw_peer.h"
#include "wire/request.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Bytes;
using testing::network_of;
using testing::RawPeer;
using testing::RawStream;
using testing::SimNetwork;
using testing::SimNode;

namespace {

// The smallest window that works, so that little is enough to see it shrink.
transport::Limits narrow() {
  transport::Limits limits;
  limits.payload = 0;
  limits.request_streams = 4;
  limits.request_window = 512;
  limits.lane_streams = 1;
  limits.lane_window = 512;
  limits.control_window = 512;
  return limits;
}

struct Scene {
  explicit Scene(const transport::Limits& limits)
      : window(limits.connection_window()), node(network, {.name = "node", .limits = limits}) {
    raw.dial(node.address());
    REQUIRE(network.run_until([&] { return raw.confirmed; }));
    raw.greet({network_of("main")});
    REQUIRE(network.run_until([&] { return node.events.ups.size() == 1; }));
  }
  // ngtcp2 tells of a larger window when a quarter of it is used up.
  bool whole() {
    network.run_for(100ms);
    return raw.connection->max_data_left() >= window - window / 4 - 1500;
  }
  void open_many(std::uint64_t bytes, const Bytes& stream, bool end) {
    for (std::uint64_t sent = 0; sent < bytes;) {
      RawStream* opened = raw.open(stream, end);
      if (opened == nullptr) {
        network.run_for(2ms);
        continue;
      }
      REQUIRE(network.run_until([&] { return opened->over || opened->stopped; }));
      sent += stream.size();
    }
  }

  const std::uint64_t window;
  SimNetwork network{1};
  SimNode node;
  testing::TestIdentity identity{network.ca, {"raw", {"main"}}};
  RawPeer raw{network, identity.tls(network.ca)};
};

Bytes request(std::string_view path) {
  wire::RequestHeader header;
  header.network = network_of("main");
  header.path = path;
  Bytes bytes{static_cast<std::uint8_t>(wire::StreamType::kRequest)};
  REQUIRE(wire::put_request(header, {}, 0, bytes).has_value());
  return bytes;
}

}  // namespace

TEST_CASE("a connection's window is whole after any number of requests") {
  Scene scene(narrow());
  const Bytes echo = request("echo");
  scene.open_many(scene.window / 2 * echo.size(), echo, true);  // a byte each would be half of it
  CHECK(scene.node.handler.calls > scene.window / 2 - 10);
  CHECK(scene.whole());
}

TEST_CASE("a connection's window is whole after streams of unknown types and refused requests") {
  transport::Limits limits = narrow();
  limits.calls = 1;
  Scene scene(limits);
  Bytes unknown(400, 0);
  unknown[0] = 0x21;
  scene.open_many(4 * scene.window, unknown, true);
  CHECK(scene.whole());

  REQUIRE(scene.raw.open(request("hold"), true) != nullptr);
  REQUIRE(scene.network.run_until([&] { return scene.node.handler.asked.size() == 1; }));
  scene.open_many(4 * scene.window, request("echo"), true);
  CHECK(scene.node.handler.calls == 1);
  CHECK(scene.whole());
}

TEST_CASE("a connection's window is whole after streams whose type comes piece by piece") {
  Scene scene(narrow());
  for (std::uint64_t sent = 0; sent < scene.window;) {
    RawStream* stream = scene.raw.open({0xc0}, false);  // eight bytes follow this one
    if (stream == nullptr) {
      scene.network.run_for(5ms);
      continue;
    }
    for (int i = 0; i < 7; ++i) {
      scene.network.run_for(2ms);
      scene.raw.send(*stream, {static_cast<std::uint8_t>(i == 6 ? 0x21 : 0)});
    }
    REQUIRE(scene.network.run_until([&] { return stream->stopped.has_value(); }));
    scene.raw.connection->stop(stream->id(), wire::ResetCode::kCancelled);
    sent += 8;
  }
  CHECK(scene.whole());
}
