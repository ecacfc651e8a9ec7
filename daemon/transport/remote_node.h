// RemoteNode: the peer behind one link, for everybody else in the daemon: a Handler for requests
// and the place to publish events to. Holds no link: when that is gone, everything fails at once.
//
// Threading: any thread; never blocks. Lifetime: shared; the Clock and the NetworkNames outlive it.
#pragma once

#include <vector>

#include "transport/exchange.h"
#include "transport/lane_outbox.h"

namespace runard::transport {

class RemoteNode final : public rpc::Handler {
 public:
  struct Shared {
    std::shared_ptr<Exchange> exchange;
    const core::Clock& clock;
    const NetworkNames& names;
    rpc::PayloadCodec* codec = nullptr;
  };
  RemoteNode(Shared shared, LinkId link, const core::NodeId& node, std::shared_ptr<LinkPort> port);

  // Errors besides the peer's: kLinkLost, kDeadlineExceeded, kTooLarge, kInvalidArgument,
  // kOverloaded (all tables full), kBackpressure (this link takes no more), those of
  // rpc::PayloadCodec::seal: nothing was executed.
  // kProviderLost: the link ended; kCancelled, kMalformedFrame: the outcome is unknown.
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket ticket) override;

  // One event for the peer, on that lane. Errors: as LaneOutbox::publish, and kTooLarge,
  // kInvalidArgument for a lane beyond Limits::lane_streams, kPeerCannotOpen.
  core::Result<void> publish(std::uint64_t lane, const OutgoingEvent& event);
  // Bytes of a lane that are queued or not acknowledged.
  std::size_t lane_bytes(std::uint64_t lane);

  // The peer's version knows sealed payloads.
  bool opens_sealed() const { return port_->opens_sealed; }

  LinkId link() const { return link_; }
  const core::NodeId& node() const { return node_; }

 private:
  core::Result<std::optional<rpc::Payload>> seal(const rpc::Request& request,
                                                 const core::ProfileId& profile) const;
  core::Result<void> prepare(const rpc::Request& request, OutboundCall& call);
  core::Result<void> admit(std::size_t bytes);
  static std::vector<std::shared_ptr<LaneOutbox>> make_lanes(LinkId link, const Limits& limits);

  const Shared shared_;
  const LinkId link_;
  const core::NodeId node_;
  const std::shared_ptr<LinkPort> port_;
  const std::vector<std::shared_ptr<LaneOutbox>> lanes_;  // by number
};

}  // namespace runard::transport
