#include "node/network_map.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::node {

core::Result<NetworkMap> NetworkMap::make(const std::vector<identity::NetworkDescriptor>& certified,
                                          const std::vector<std::string>& joined) {
  NetworkMap map;
  for (const std::string& name : joined) {
    const auto at = std::find_if(
        certified.begin(), certified.end(),
        [&](const identity::NetworkDescriptor& network) { return network.name == name; });
    if (at == certified.end()) {
      return core::fail(
          core::Errc::kConfigInvalid,
          fmt::format("networks.join names \"{0}\", which this node's certificate does not grant: "
                      "take it out, or sign the certificate again with every network of the node: "
                      "ca sign --network {0}",
                      name));
    }
    map.networks_.push_back(*at);
  }
  return map;
}

std::optional<core::NetworkId> NetworkMap::id(std::string_view name) const {
  for (const identity::NetworkDescriptor& network : networks_) {
    if (network.name == name) {
      return network.id;
    }
  }
  return std::nullopt;
}

std::string_view NetworkMap::name(const core::NetworkId& id) const {
  for (const identity::NetworkDescriptor& network : networks_) {
    if (network.id == id) {
      return network.name;
    }
  }
  return {};
}

std::vector<core::NetworkId> NetworkMap::ids() const {
  std::vector<core::NetworkId> ids;
  for (const identity::NetworkDescriptor& network : networks_) {
    ids.push_back(network.id);
  }
  return ids;
}

}  // namespace runard::node
