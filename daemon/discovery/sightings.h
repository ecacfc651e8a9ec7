// Sightings: what discovery tells: "a node may be dialled there". Whether and when to dial is the
// mesh's affair.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"

namespace runard::discovery {

struct Sighting {
  std::vector<std::string> addresses;  // "10.0.0.5:8889", "[fe80::1%2]:8889"; static: "name:port"
  std::optional<core::NodeId> node;    // as announced, unproved; none for a static peer
  core::Duration ttl{0};               // zero for a static peer: for ever
  bool fresh = false;                  // the node has just started, or was not heard for long
};

// Called on the strand of whoever makes the sighting. node/ connects it to the mesh.
class Sightings {
 public:
  virtual void seen(const Sighting& sighting) = 0;
  // The node said that it goes. A hint too: links are not touched.
  virtual void gone(const core::NodeId& node) = 0;

 protected:
  ~Sightings() = default;
};

}  // namespace runard::discovery
