// RealCalls: the daemon's own registry and dispatcher, for a PluginWorld that is to use them in
// place of the tiny ones. Outlives that world.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "calls/dispatcher.h"
#include "support/plugin_world.h"

namespace runard::test {

class RealCalls final : public plugin_host::Directory {
 public:
  RealCalls();
  ~RealCalls() override;

  core::Result<void> reserve(plugin_host::InstanceId instance,
                             const registry::ServiceRow& row) override;
  core::Result<void> running(plugin_host::InstanceId instance, const registry::ServiceRow& row,
                             rpc::Handler& endpoint) override;
  void state_changed(plugin_host::InstanceId instance, const registry::ServiceRow& row) override;
  void withdraw(plugin_host::InstanceId instance) override;

  calls::Dispatcher& dispatcher() { return *dispatcher_; }

 private:
  core::SystemClock clock_;
  ThreadExecutor executor_;
  registry::Registry registry_{"edge-1", {"main"}, 42};
  std::optional<calls::Dispatcher> dispatcher_;
  std::mutex mutex_;
  std::map<plugin_host::InstanceId, rpc::Handler*> endpoints_;
};

}  // namespace runard::test
