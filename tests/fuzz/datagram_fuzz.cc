// links: transport
// Datagrams of a stranger, and damaged ones of a peer, into a node that has a link. The input is a
// row of datagrams: {flags, length, bytes}; with flag 1 the bytes are laid over the last real
// packet, with flag 2 the sender is the peer.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "support/sim_network.h"

namespace {

using namespace runard;

struct Scene {
  Scene() : a(network, {.name = "a"}), b(network, {.name = "b"}) {
    network.on_datagram = [this](const transport::Address&, const transport::Address& to,
                                 core::ByteView bytes) {
      if (to == b.address()) {
        last.assign(bytes.begin(), bytes.end());
      }
      return true;
    };
    connect();
  }
  void connect() {
    a.dial(b);
    RUNARD_CHECK(network.run_until([&] { return a.has_link() && b.has_link(); }));
  }
  testing::SimNetwork network{1};
  testing::SimNode a;
  testing::SimNode b;
  core::Bytes last;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scene scene;
  core::ByteView input(data, size);
  while (input.size() > 2) {
    const std::uint8_t flags = input[0];
    const std::size_t length = std::min<std::size_t>(input[1] * 8U, input.size() - 2);
    core::Bytes packet(input.begin() + 2, input.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    input = input.subspan(2 + length);
    if ((flags & 1) != 0) {
      core::Bytes whole = scene.last;
      for (std::size_t i = 0; i < packet.size() && i < whole.size(); ++i) {
        whole[i] ^= packet[i];
      }
      packet = whole;
    }
    const bool peer = (flags & 2) != 0;
    scene.b.receive({packet, peer ? scene.a.address() : transport::Address::any_v4(1), {}, 0});
    scene.b.woken = true;
    scene.network.run_for(std::chrono::microseconds(1));
  }
  testing::Waiter waiter;
  scene.a.remote().call(testing::sim_request("echo", "x"), waiter.responder());
  RUNARD_CHECK(scene.network.run_until([&] { return waiter.done(); }));
  scene.b.handler.asked.clear();
  if (!scene.a.has_link()) {
    scene.connect();
  }
  return 0;
}
