// RegistryService: the "$registry" of one network, as an ordinary handler of this node.
//
// - $registry/services/list: [service...] of the whole network, this node's first
// - $registry/services/{service_path}: [service...], one for each node that provides it
// - $registry/services/{service_path}/state: {state, node} of this node's instance
// - $registry/services/{service_path}/pause, .../resume: {state}; for operators on this node, and
//   for those with admin rights
//
// {service_path} is percent-encoded when the mount has several segments ("billing%2Feu"). Answers
// are CBOR. What belongs to another network is neither listed nor found. Any thread; answers before
// call() returns.
#pragma once

#include "core/function.h"
#include "registry/registry.h"
#include "rpc/handler.h"

namespace runard::system {

// Pausing and resuming, done by whoever runs the instances. Any thread; `done` comes once, on any
// thread, maybe at once.
class ServiceControl {
 public:
  using Done = core::UniqueFunction<void(core::Result<void>)>;
  virtual ~ServiceControl() = default;
  // kNotFound, or kServiceWrongState with the state it is in.
  virtual void pause(std::string network, std::string path, Done done) = 0;
  virtual void resume(std::string network, std::string path, Done done) = 0;
};

class RegistryService final : public rpc::Handler {
 public:
  RegistryService(std::string network, registry::Registry& registry, ServiceControl& control);

  // To be put into the registry once, for this network.
  registry::ServiceRow row() const;

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket /*ticket*/) override {}

 private:
  core::Result<core::Bytes> answer(std::uint32_t action, std::string_view path) const;
  core::Result<core::Bytes> list() const;
  core::Result<core::Bytes> one(std::string_view path) const;
  core::Result<core::Bytes> state(std::string_view path) const;
  void control(const rpc::Request& request, std::string path, const rpc::Responder& responder);

  const std::string network_;
  registry::Registry& registry_;
  ServiceControl& control_;
};

}  // namespace runard::system
