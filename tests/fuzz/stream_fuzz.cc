// links: transport
// A member of the mesh that opens streams with any bytes on them. The input is a row of streams:
// {flags, length, bytes}; flag 1: unidirectional, flag 2: the stream ends, flag 4: more for the
// control stream.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "support/raw_peer.h"

using namespace runard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::SimNetwork network(1);
  testing::SimNode node(network, {.name = "node"});
  const testing::TestIdentity identity(network.ca, {"raw", {"main"}});
  testing::RawPeer raw(network, identity.tls(network.ca));
  raw.dial(node.address());
  RUNARD_CHECK(network.run_until([&] { return raw.confirmed; }));
  testing::RawStream* control = raw.greet({testing::network_of("main")});

  core::ByteView input(data, size);
  while (input.size() > 2 && raw.connection) {
    const std::uint8_t flags = input[0];
    const std::size_t length = std::min<std::size_t>(input[1] * 4U, input.size() - 2);
    core::Bytes bytes(input.begin() + 2, input.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    input = input.subspan(2 + length);
    if ((flags & 4) != 0) {
      raw.send(*control, bytes);
    } else {
      raw.open(std::move(bytes), (flags & 2) != 0, (flags & 1) == 0);
    }
    network.run_for(std::chrono::milliseconds(2));
  }
  network.run_for(std::chrono::minutes(1));  // nothing keeps the link alive: all of it must go
  RUNARD_CHECK(!node.has_link());
  RUNARD_CHECK(node.hub->exchange()->theirs().open_count() == 0);
  return 0;
}
