// LocalDirectory: what the plugin host tells of its service instances, put into the registry and
// published as events.
#pragma once

#include <map>
#include <mutex>

#include "plugin_host/ports.h"
#include "registry/registry.h"
#include "system/registry_events.h"

namespace runard::node {

class LocalDirectory final : public plugin_host::Directory {
 public:
  LocalDirectory(registry::Registry& registry, system::RegistryEvents& events)
      : registry_(registry), events_(events) {}

  core::Result<void> reserve(plugin_host::InstanceId instance,
                             const registry::ServiceRow& row) override;
  core::Result<void> running(plugin_host::InstanceId instance, const registry::ServiceRow& row,
                             rpc::Handler& endpoint) override;
  void state_changed(plugin_host::InstanceId instance, const registry::ServiceRow& row) override;
  void withdraw(plugin_host::InstanceId instance) override;
  std::optional<core::NodeId> find_node(std::string_view name_or_id) const override {
    return registry_.find_node(name_or_id);
  }

 private:
  struct Entry {
    registry::ServiceRow row;
    rpc::Handler* endpoint = nullptr;
  };
  registry::Registry& registry_;
  system::RegistryEvents& events_;
  std::mutex mutex_;  // protects instances_; held across a change, so that changes of one instance
                      // keep their order
  std::map<plugin_host::InstanceId, Entry> instances_;
};

}  // namespace runard::node
