#include "support/real_calls.h"

namespace runard::test {

RealCalls::RealCalls() {
  dispatcher_.emplace(calls::Options{}, registry_, clock_, executor_);
}

RealCalls::~RealCalls() {
  executor_.run([this] { dispatcher_.reset(); });
}

core::Result<void> RealCalls::reserve(plugin_host::InstanceId, const registry::ServiceRow& row) {
  return registry_.put_local(row, nullptr);
}

core::Result<void> RealCalls::running(plugin_host::InstanceId instance,
                                      const registry::ServiceRow& row, rpc::Handler& endpoint) {
  const std::lock_guard lock(mutex_);
  endpoints_[instance] = &endpoint;
  return registry_.put_local(row, &endpoint);
}

void RealCalls::state_changed(plugin_host::InstanceId instance, const registry::ServiceRow& row) {
  const std::lock_guard lock(mutex_);
  const auto at = endpoints_.find(instance);
  // What is refused was refused by reserve().
  (void)registry_.put_local(row, at == endpoints_.end() ? nullptr : at->second);
}

void RealCalls::withdraw(plugin_host::InstanceId instance) {
  const std::lock_guard lock(mutex_);
  endpoints_.erase(instance);
}

}  // namespace runard::test
