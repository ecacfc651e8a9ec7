// LocalNode: what this node says of itself on every link.
#pragma once

#include <string>
#include <vector>

#include "core/ids.h"

namespace runard::transport {

struct LocalNode {
  core::NodeId id;
  std::string name;
  std::uint64_t epoch = 0;                // which run of this node
  std::vector<std::string> addresses;     // where it can be dialled, if not where it listens
  std::vector<core::NetworkId> networks;  // that it takes part in
  std::uint64_t features = 0;             // bits of Hello::features besides wire::kFeatures
};

}  // namespace runard::transport
