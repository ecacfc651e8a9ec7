#include "node/peer_links.h"

namespace runard::node {

rpc::Ticket PeerLinks::Entry::call(const rpc::Request& request, const rpc::Responder& responder) {
  rpc::Handler* handler = link_handler.load(std::memory_order_acquire);
  const bool leaving = draining.load(std::memory_order_relaxed);
  if (handler != nullptr && !leaving) {
    return handler->call(request, responder);
  }
  rpc::Reply reply;
  reply.code = leaving ? core::Errc::kDraining : core::Errc::kLinkLost;
  reply.executed = core::Executed::kNo;
  reply.message =
      leaving ? "the provider's node is stopping" : "there is no link to the provider's node";
  responder(reply);
  return 0;
}

// Tickets are unique over all links of the transport, so one of an older link is merely stale.
void PeerLinks::Entry::cancel(rpc::Ticket ticket) {
  if (rpc::Handler* handler = link_handler.load(std::memory_order_acquire); handler != nullptr) {
    handler->cancel(ticket);
  }
}

PeerLinks::Entry& PeerLinks::entry(core::NodeId node) {
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[node];
  if (!entry) {
    entry = std::make_unique<Entry>();
  }
  return *entry;
}

void PeerLinks::attach(core::NodeId node, std::uint64_t link) {
  Entry& peer = entry(node);
  peer.link.store(link, std::memory_order_release);
  peer.link_handler.store(&port_.handler(link), std::memory_order_release);
  peer.draining.store(false, std::memory_order_relaxed);
}

void PeerLinks::detach(core::NodeId node) {
  Entry& peer = entry(node);
  peer.link_handler.store(nullptr, std::memory_order_release);
  peer.link.store(0, std::memory_order_release);
}

void PeerLinks::set_draining(core::NodeId node, bool draining) {
  entry(node).draining.store(draining, std::memory_order_relaxed);
}

bool PeerLinks::send(core::NodeId node, const rpc::Event& event) {
  const std::uint64_t link = entry(node).link.load(std::memory_order_acquire);
  return link != 0 && port_.send_event(link, event);
}

}  // namespace runard::node
