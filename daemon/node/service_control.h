// HostControl: pausing and resuming by way of the control strand, where the plugin host lives.
#pragma once

#include "core/executor.h"
#include "plugin_host/host.h"
#include "system/registry_service.h"

namespace runard::node {

class HostControl final : public system::ServiceControl {
 public:
  explicit HostControl(core::Executor& control) : control_(control) {}
  // Before the first request. The host outlives all requests.
  void set_host(plugin_host::Host* host) { host_ = host; }

  void pause(std::string network, std::string path, Done done) override {
    control_.post([this, network = std::move(network), path = std::move(path),
                   done = std::move(done)]() mutable { done(host_->pause(network, path)); });
  }
  void resume(std::string network, std::string path, Done done) override {
    control_.post([this, network = std::move(network), path = std::move(path),
                   done = std::move(done)]() mutable { done(host_->resume(network, path)); });
  }

 private:
  core::Executor& control_;
  plugin_host::Host* host_ = nullptr;
};

}  // namespace runard::node
