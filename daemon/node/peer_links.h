// PeerLinks: one stable rpc::Handler and event sink for each node this one has ever had a link to.
//
// The registry holds these handlers (rpc::Handler: they outlive every table); which link is
// underneath comes and goes. Without one a call is refused unexecuted, so that the dispatcher goes
// on to another provider. Threads: any for calls and events (no lock: an atomic pointer); attach
// and detach on the control strand.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "core/ids.h"
#include "pubsub/broker.h"
#include "rpc/handler.h"

namespace runard::node {

// What a link offers; transport's, given by the mesh half of the node.
class LinkPort {
 public:
  virtual ~LinkPort() = default;
  virtual rpc::Handler& handler(std::uint64_t link) = 0;  // see rpc::Handler for its life
  virtual bool send_event(std::uint64_t link, const rpc::Event& event) = 0;
};

class PeerLinks final : public pubsub::EventPeers {
 public:
  explicit PeerLinks(LinkPort& port) : port_(port) {}

  rpc::Handler& handler(core::NodeId node) { return entry(node); }
  void attach(core::NodeId node, std::uint64_t link);
  void detach(core::NodeId node);
  // Refuses new calls though the link is there.
  void set_draining(core::NodeId node, bool draining);
  bool send(core::NodeId node, const rpc::Event& event) override;

 private:
  class Entry final : public rpc::Handler {
   public:
    rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
    void cancel(rpc::Ticket ticket) override;
    std::atomic<rpc::Handler*> link_handler{nullptr};
    std::atomic<std::uint64_t> link{0};
    std::atomic<bool> draining{false};
  };
  Entry& entry(core::NodeId node);

  LinkPort& port_;
  std::mutex mutex_;  // protects the map; entries never go
  std::map<core::NodeId, std::unique_ptr<Entry>> entries_;
};

}  // namespace runard::node
