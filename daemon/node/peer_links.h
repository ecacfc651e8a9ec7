// PeerLinks: one stable rpc::Handler for each node this one has ever had a link to, and the way out
// for events.
//
// The registry holds these handlers (rpc::Handler: they outlive every table); which link is
// underneath comes and goes. Without one a call is refused unexecuted, so that the dispatcher goes
// on to another provider. Threads: any for calls and events, without a lock when warm; attach and
// detach on the control strand.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "core/ids.h"
#include "pubsub/broker.h"
#include "routing/snapshot.h"
#include "system/past_client.h"
#include "transport/remote_node.h"

namespace runard::node {

class PeerLinks final : public pubsub::EventPeers {
 public:
  // Events of one topic share a lane, so that their order holds; others need not wait for them.
  static constexpr std::uint64_t kLanes = 4;

  // `past` asks for the past over these links.
  PeerLinks(const transport::NetworkNames& names, system::PastClient& past)
      : names_(names), past_(past) {}

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
    rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
    void cancel(rpc::Ticket ticket) override;
    routing::Snapshot<Link> link{std::make_shared<const Link>()};
  };
  Entry& entry(const core::NodeId& node);

  const transport::NetworkNames& names_;
  system::PastClient& past_;
  std::mutex mutex_;  // protects the map; entries never go
  std::map<core::NodeId, std::unique_ptr<Entry>> entries_;
};

}  // namespace runard::node
