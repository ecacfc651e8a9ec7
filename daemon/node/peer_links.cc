#include "node/peer_links.h"

#include "admin/params.h"
#include "config/topic_text.h"
#include "plugin_host/limits.h"
#include "wire/limits.h"

namespace runard::node {

// What a service of this node, or who talks to its control socket, may say must fit into a message
// to another one.
static_assert(admin::kMaxMeta <= plugin_host::kMaxMeta);
static_assert(admin::kMaxMetaKey <= plugin_host::kMaxMetaKey);
static_assert(admin::kMaxMetaBytes <= plugin_host::kMaxMetaBytes);
static_assert(routing::kMaxNameBytes <= wire::kMaxName);
static_assert(plugin_host::kMaxMeta <= wire::kMaxMeta);
static_assert(plugin_host::kMaxMetaKey <= wire::kMaxName);
static_assert(config::kMaxMount <= wire::kMaxName);
static_assert(routing::kMaxPathBytes <= wire::kMaxTopic);
static_assert(pubsub::Broker::kCopyGroups <= wire::kMaxGroups);
static_assert(plugin_host::kMaxMetaBytes + 4 * wire::kMaxMeta + routing::kMaxPathBytes +
                  config::kMaxMount + pubsub::Broker::kCopyGroupBytes + wire::kMaxName +
                  2 * wire::kMaxGroups + 256 <=
              wire::kMaxHeader);

rpc::Ticket PeerLinks::Entry::call(const rpc::Request& request, const rpc::Responder& responder) {
  // The system's own traffic between nodes is not this node's choice.
  if (!request.path.starts_with('$') &&
      !gate.admit_self(policy::Action::kCall, {request.network, request.path})) {
    rpc::Reply denied;
    denied.code = core::Errc::kDenied;
    denied.executed = core::Executed::kNo;
    denied.message = policy::kDeniedHere;
    responder(denied);
    return 0;
  }
  const auto held = link.read();
  if (held->remote) {
    return held->remote->call(request, responder);
  }
  rpc::Reply reply;
  reply.code = core::Errc::kLinkLost;
  reply.executed = core::Executed::kNo;
  reply.message = "there is no link to the provider's node";
  responder(reply);
  return 0;
}

// Tickets are unique over all links, so one of an older link is found too, or is merely stale.
void PeerLinks::Entry::cancel(rpc::Ticket ticket) {
  if (const auto held = link.read(); held->remote) {
    held->remote->cancel(ticket);
  }
}

PeerLinks::Entry& PeerLinks::entry(const core::NodeId& node) {
  if (Entry* const last = last_.load(std::memory_order_acquire);
      last != nullptr && last->node == node) {
    return *last;
  }
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[node];
  if (!entry) {
    entry = std::make_unique<Entry>(node, gate_);
  }
  last_.store(entry.get(), std::memory_order_release);
  return *entry;
}

void PeerLinks::attach(const core::NodeId& node, std::shared_ptr<transport::RemoteNode> remote) {
  entry(node).link.publish(std::make_shared<const Link>(Link{std::move(remote)}));
}

void PeerLinks::detach(const core::NodeId& node) {
  entry(node).link.publish(std::make_shared<const Link>());
}

bool PeerLinks::opens_sealed(const core::NodeId& node) {
  const auto held = entry(node).link.read();
  return held->remote && held->remote->opens_sealed();
}

PeerLinks::Sent PeerLinks::send(core::NodeId node, const rpc::Event& event) {
  const auto network = names_.id(event.network);
  const auto held = entry(node).link.read();
  if (!network || !held->remote) {
    return Sent::kNoLink;
  }
  transport::OutgoingEvent outgoing;
  wire::EventHeader& header = outgoing.header;
  header.bits = static_cast<std::uint8_t>(
      (event.ungrouped ? wire::kForAllBit : 0) |
      ((event.flags & rpc::kRetainedEvent) != 0 ? wire::kRetainedBit : 0));
  header.encoding = event.payload.encoding;
  header.network = *network;
  header.instance = event.instance;
  header.sequence = event.sequence;
  header.published_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(event.published.time_since_epoch())
          .count());
  header.type = event.payload.type;
  header.topic = event.topic;
  header.publisher = event.publisher;
  header.owner = event.owner;
  outgoing.meta = event.meta;
  outgoing.groups = event.groups;
  outgoing.payload = event.payload.bytes;
  const std::uint64_t lane = std::hash<std::string_view>{}(event.topic) % kLanes;
  const auto published = held->remote->publish(lane, outgoing);
  if (published) {
    return Sent::kSent;
  }
  switch (published.error().code) {
    case core::Errc::kBackpressure:
      return Sent::kNoRoom;
    case core::Errc::kInvalidArgument:
    case core::Errc::kTooLarge:
      return Sent::kUnfit;
    default:
      return Sent::kNoLink;
  }
}

}  // namespace runard::node
