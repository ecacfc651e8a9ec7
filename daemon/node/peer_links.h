// PeerLinks: one stable rpc::Handler for each node this one has ever had a link to, and the way out
// for events.
//
// The registry holds these handlers (rpc::Handler: they outlive every table); which link is
// underneath comes and goes. Without one a call is refused unexecuted, so that the dispatcher goes
// on to another provider. Threads: any for calls and events, without a lock when warm; attach and
// detach on the control strand.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "core/ids.h"
#include "policy/gate.h"
#include "pubsub/broker.h"
#include "routing/snapshot.h"
#include "system/past_client.h"
#include "transport/remote_node.h"

namespace runard::node {

class PeerLinks final : public pubsub::EventPeers {
 public:
  // Events of one topic share a lane, so that their order holds; topics in other lanes need not
  // wait for them.
  static constexpr std::uint64_t kLanes = 4;

  // `past` asks for the past over these links.
  // `gate` gives the early answer to what this node's own rules deny it.
  PeerLinks(const transport::NetworkNames& names, system::PastClient& past,
            const policy::Gate& gate)
      : names_(names), past_(past), gate_(gate) {}

  rpc::Handler& handler(const core::NodeId& node) { return entry(node); }
  void attach(const core::NodeId& node, std::shared_ptr<transport::RemoteNode> remote);
  void detach(const core::NodeId& node);
  Sent send(core::NodeId node, const rpc::Event& event) override;
  bool opens_sealed(const core::NodeId& node) override;
  void ask_past(const core::NodeId& node, rpc::PastQuery query, Done done) override {
    past_.ask(entry(node), node, std::move(query), std::move(done));
  }

 private:
  struct Link {
    std::shared_ptr<transport::RemoteNode> remote;  // null: no link
  };
  class Entry final : public rpc::Handler {
   public:
    Entry(const core::NodeId& given, const policy::Gate& its_gate) : node(given), gate(its_gate) {}
    const core::NodeId node;
    rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
    void cancel(rpc::Ticket ticket) override;
    routing::Snapshot<Link> link{std::make_shared<const Link>()};
    const policy::Gate& gate;
  };
  Entry& entry(const core::NodeId& node);

  const transport::NetworkNames& names_;
  system::PastClient& past_;
  const policy::Gate& gate_;
  std::mutex mutex_;  // protects the map; entries never go
  std::map<core::NodeId, std::unique_ptr<Entry>> entries_;
  std::atomic<Entry*> last_{nullptr};  // that was asked for: mostly the next one, too
};

}  // namespace runard::node
