// RegistryService: the "$registry" of one network, as an ordinary handler of this node.
//
// - $registry/services/list: [service...] of the whole network, this node's first
// - $registry/services/{service_path}: [service...], one for each node that provides it
// - $registry/services/{service_path}/state: {state, node} of this node's instance
// - $registry/services/{service_path}/pause, .../resume: {state}; for operators on this node, and
//   for those with admin rights
//
// {service_path} is percent-encoded when the mount has several segments ("billing%2Feu"). Answers
// are CBOR. What belongs to another network is neither listed nor found. Another node is answered
// of this node's own services only, and of what the rules let it know: what a provider hides from
// it, nobody else tells. Any thread; answers before call() returns.
#pragma once

#include <functional>

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
  // Leaves of a row what another node is told of; false: nothing of the service. Any thread.
  using Shows = std::function<bool(const core::NodeId& peer, registry::ServiceRow& row)>;

  RegistryService(std::string network, registry::Registry& registry, ServiceControl& control,
                  Shows shows);

  // To be put into the registry once, for this network.
  registry::ServiceRow row() const;

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket /*ticket*/) override {}

 private:
  // What of a node's rows belongs to this network and may be told to whoever asks.
  void keep_shown(const rpc::Request& request, registry::NodeRows& node) const;
  using Nodes = std::vector<registry::NodeRows>;
  Nodes nodes(const rpc::Request& request) const;
  core::Result<core::Bytes> answer(const rpc::Request& request, std::string_view path) const;
  core::Result<core::Bytes> list(const rpc::Request& request) const;
  core::Result<core::Bytes> one(const rpc::Request& request, std::string_view path) const;
  core::Result<core::Bytes> state(const rpc::Request& request, std::string_view path) const;
  void control(const rpc::Request& request, std::string path, const rpc::Responder& responder);

  const std::string network_;
  registry::Registry& registry_;
  ServiceControl& control_;
  const Shows shows_;
};

}  // namespace runard::system
