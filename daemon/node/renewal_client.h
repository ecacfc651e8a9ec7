// RenewalClient: sends renewal requests to issuers over links, and brings the answers back to the
// control strand.
//
// ask() on the control strand; complete() on any thread. Lifetime: outlives every reply.
#pragma once

#include <map>

#include "core/executor.h"
#include "core/function.h"
#include "rpc/handler.h"

namespace runard::node {

class RenewalClient final : private rpc::Completion {
 public:
  using Granted = core::UniqueFunction<void(core::Result<std::string>)>;

  RenewalClient(core::Executor& strand, const core::Clock& clock)
      : strand_(strand), clock_(clock) {}

  // `issuer`: the handler of its link. `granted` comes with the bundle's text.
  void ask(rpc::Handler& issuer, const core::NodeId& node, const std::string& network,
           core::Bytes request, Granted granted);

 private:
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  void answered(std::uintptr_t number, const core::Result<core::Bytes>& answer);

  core::Executor& strand_;
  const core::Clock& clock_;
  std::map<std::uintptr_t, Granted> open_;
  std::uintptr_t last_ = 0;
};

}  // namespace runard::node
