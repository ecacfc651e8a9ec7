// InboundGuard: requests from peers, before anything on this node sees them. The authoritative
// check of authorization: what it refuses reaches no dispatcher and no handler, and the answer is
// the same whether the path exists or not.
// The transport asks admit() before it opens what is sealed.
//
// A path below $keys takes keys.read; pausing and resuming a service through $registry takes admin
// for the service's path; $events/past is open to peers, for what it gives is checked event by
// event (pubsub::Broker). All else takes call. Any thread; no lock, no allocation for what is
// permitted.
#pragma once

#include <optional>

#include "policy/gate.h"
#include "rpc/handler.h"
#include "transport/link_core.h"

namespace runard::node {

class InboundGuard final : public rpc::Handler, public transport::RequestGate {
 public:
  // Both outlive it.
  InboundGuard(rpc::Handler& calls, const policy::Gate& gate) : calls_(calls), gate_(gate) {}

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket ticket) override { calls_.cancel(ticket); }
  // Nor for a path that is open to everybody: none of those takes private fields.
  core::Result<void> admit(const core::NodeId& peer, std::string_view network,
                           std::string_view path) const override;

 private:
  // The flags that a request gets; none: it is denied.
  std::optional<std::uint32_t> permit(const core::NodeId& peer, routing::TopicView topic) const;

  rpc::Handler& calls_;
  const policy::Gate& gate_;
};

}  // namespace runard::node
