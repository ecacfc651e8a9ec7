#include "node/local_directory.h"

namespace runard::node {

core::Result<void> LocalDirectory::reserve(plugin_host::InstanceId instance,
                                           const registry::ServiceRow& row) {
  const std::lock_guard lock(mutex_);
  if (auto put = registry_.put_local(row, nullptr); !put) {
    return put;
  }
  instances_[instance] = {row, nullptr};
  return {};
}

core::Result<void> LocalDirectory::running(plugin_host::InstanceId instance,
                                           const registry::ServiceRow& row,
                                           rpc::Handler& endpoint) {
  const std::lock_guard lock(mutex_);
  if (auto put = registry_.put_local(row, &endpoint); !put) {
    return put;
  }
  instances_[instance] = {row, &endpoint};
  return {};
}

void LocalDirectory::state_changed(plugin_host::InstanceId instance,
                                   const registry::ServiceRow& row) {
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = instances_[instance];
    entry.row = row;
    // It was checked when it was reserved; a path that is refused now was refused then, and stays
    // unlisted.
    (void)registry_.put_local(row, entry.endpoint);
  }
  events_.service_state(row.network, row.path, registry::state_text(row.state), registry_.self());
}

void LocalDirectory::withdraw(plugin_host::InstanceId instance) {
  const std::lock_guard lock(mutex_);
  const auto at = instances_.find(instance);
  if (at == instances_.end()) {
    return;
  }
  // The row stays: operators see services that stopped or failed. Nothing of it is callable.
  (void)registry_.put_local(at->second.row, nullptr);
  instances_.erase(at);
}

}  // namespace runard::node
