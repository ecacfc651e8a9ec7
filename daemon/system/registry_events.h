// RegistryEvents: publishes what happens to services and peers as events of each network:
//
//   $registry/services/{service_path}/state/{state}   retained: running 120 s, initialized, failed,
//   paused and resumed
//                                                     10 s, stopped 3 s
//   $registry/peer/{node}/{discovered|updated|disconnected}   retained 10 s
//
// They stay on this node. The payload is CBOR: {network, service_path, state, node} or {node,
// name}. Any thread.
#pragma once

#include "core/clock.h"
#include "registry/rows.h"
#include "rpc/broker.h"

namespace runard::system {

class RegistryEvents {
 public:
  explicit RegistryEvents(rpc::Broker& broker) : broker_(broker) {}
  void service_state(const registry::ServiceRow& row, core::NodeId node);
  void peer(const std::vector<std::string>& networks, core::NodeId node, std::string_view name,
            std::string_view news);

 private:
  void publish(std::string_view network, const std::string& topic, const core::Bytes& payload,
               core::Duration retain);
  rpc::Broker& broker_;
};

}  // namespace runard::system
