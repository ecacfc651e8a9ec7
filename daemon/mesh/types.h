// The values that go in and out of Mesh.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"

namespace runard::mesh {

using LinkId = std::uint64_t;  // chosen by the transport, never used twice; 0: none
using DialId = std::uint64_t;  // chosen by the mesh, never used twice; 0: none

// Who is at the other end of a link. All but `epoch` and `name` comes from its verified
// certificate.
struct PeerInfo {
  core::NodeId node;
  std::string name;
  std::vector<core::NetworkId> networks;
  std::uint64_t epoch = 0;     // counts the peer's runs
  std::string address;         // where the other end is: "10.0.0.5:8889"
  DialId dial = 0;             // the dial that made the link; 0: the peer dialled
  std::uint64_t features = 0;  // wire::kFeature...
  bool dialled = false;        // by this node, whether or not `dial` is known yet
};

enum class HintSource : std::uint8_t { kStatic, kMulticast, kExchange };

// "A node may be found here." Never believed, only tried.
struct DialHint {
  std::vector<std::string> addresses;  // "10.0.0.5:8889"; static ones may be "name:port". All raced
  std::optional<core::NodeId> node;    // who is said to be there
  HintSource source = HintSource::kStatic;
  core::Duration ttl{0};  // the hint's life when it is not repeated; a static one lives for ever
  bool fresh = false;     // the node has just come: try it now, whatever failed before
  std::optional<core::NodeId> from = {};  // the peer that told, of exchanged ones
};

}  // namespace runard::mesh
