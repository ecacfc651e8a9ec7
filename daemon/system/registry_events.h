// RegistryEvents: publishes what happens to services and peers as events of each network, as this
// node sees it:
//
//   $registry/services/{service_path}/state/{state}   of the services of all nodes: each tells the
//     node that it is on. The states are those of registry::state_text(); of another node's
//     service, "draining" when that node is about to stop, "stopped" when it is no longer known.
//     Retained: running 120 s, stopped 3 s, others 10 s. Of how many services of another node:
//     RemoteServices.
//   $registry/peer/{node}/{discovered|updated|disconnected}   of nodes in the network. Retained 10
//   s.
//
// They stay on this node, and nobody else can publish there. The payload is CBOR: {network,
// service_path, state, node} or {node, name}. Any thread.
#pragma once

#include "core/clock.h"
#include "registry/rows.h"
#include "rpc/broker.h"

namespace runard::system {

class RegistryEvents {
 public:
  explicit RegistryEvents(rpc::Broker& broker) : broker_(broker) {}
  void service_state(std::string_view network, std::string_view path, std::string_view state,
                     const core::NodeId& node);
  void peer(const std::vector<std::string>& networks, const core::NodeId& node,
            std::string_view name, std::string_view news);

 private:
  void publish(std::string_view network, const std::string& topic, const core::Bytes& payload,
               core::Duration retain);
  rpc::Broker& broker_;
};

}  // namespace runard::system
