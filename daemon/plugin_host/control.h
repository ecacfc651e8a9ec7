// Control: what the lifecycle code shares: the control strand and the things that live beside it.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "core/executor.h"
#include "plugin_host/library.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

// The way back to the control strand from threads that may outlive the host.
class ControlLink {
 public:
  explicit ControlLink(core::Executor& executor) : executor_(&executor) {}
  void post(core::Task task) {
    const std::lock_guard lock(mutex_);
    if (executor_ != nullptr) {
      executor_->post(std::move(task));
    }
  }
  void cut() {
    const std::lock_guard lock(mutex_);
    executor_ = nullptr;
  }

 private:
  std::mutex mutex_;
  core::Executor* executor_;
};

struct Control {
  core::Executor& executor;
  std::shared_ptr<ControlLink> link;
  std::shared_ptr<Runtime> runtime;
  // EXCLUSIVE types that have a living instance.
  std::set<const ServiceType*> exclusive;
};

}  // namespace runard::plugin_host
