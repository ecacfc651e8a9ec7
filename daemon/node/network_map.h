// NetworkMap: this node's networks by name and by id, for those below it that ask. Names are this
// node's own: only ids travel. Immutable; any thread.
#pragma once

#include <string>
#include <vector>

#include "identity/networks.h"
#include "mesh/network_names.h"
#include "transport/link_core.h"

namespace runard::node {

class NetworkMap final : public transport::NetworkNames {
 public:
  // The networks of `joined` as the certificate's bundle describes them. kCertificateMismatch for
  // one that it does not.
  static core::Result<NetworkMap> make(const std::vector<identity::NetworkDescriptor>& certified,
                                       const std::vector<std::string>& joined);

  std::optional<core::NetworkId> id(std::string_view name) const override;
  std::string_view name(const core::NetworkId& id) const override;
  std::vector<core::NetworkId> ids() const;

 private:
  std::vector<identity::NetworkDescriptor> networks_;
};

// The same for the mesh.
class MeshNetworkNames final : public mesh::NetworkNames {
 public:
  explicit MeshNetworkNames(const NetworkMap& map) : map_(map) {}
  std::optional<core::NetworkId> id(std::string_view name) const override { return map_.id(name); }
  std::optional<std::string> name(const core::NetworkId& id) const override {
    const std::string_view found = map_.name(id);
    return found.empty() ? std::nullopt : std::optional<std::string>(found);
  }

 private:
  const NetworkMap& map_;
};

}  // namespace runard::node
