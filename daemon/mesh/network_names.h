// NetworkNames: this node's own names for the networks it has joined. Ids travel, names never do:
// each end translates for itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"

namespace runard::mesh {

class NetworkNames {
 public:
  virtual std::optional<core::NetworkId> id(std::string_view name) const = 0;
  // None: this node has not joined the network, so nothing of it is sent or taken.
  virtual std::optional<std::string> name(const core::NetworkId& id) const = 0;

 protected:
  ~NetworkNames() = default;
};

}  // namespace runard::mesh
