// Targets: who gets one event: queues of this node, and other nodes, each once. Of a group one
// member gets it: one on this node if there is one, else a remote one in turn.
//
// Borrows queues and names from the tables that it holds for as long as it lives, on the thread
// that made it. No allocation for the few targets that most events have, unless there are groups.
// Takes no lock.
#pragma once

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "policy/gate.h"
#include "pubsub/queue.h"
#include "registry/registry.h"
#include "routing/route_trie.h"
#include "routing/snapshot.h"

namespace runard::pubsub {

using QueueList = std::vector<std::shared_ptr<Queue>>;
using QueueIndex = routing::RouteTrie<std::shared_ptr<const QueueList>>;

class Targets {
 public:
  struct Peer {
    core::NodeId node;
    bool ungrouped = false;                // it has a subscription without a group
    std::vector<std::string_view> groups;  // those it was chosen for
  };
  using Queues = boost::container::small_vector<Queue*, 8>;
  using Peers = boost::container::small_vector<Peer, 4>;

  // A peer that `gate` does not let subscribe gets nothing; without a gate all may.
  Targets(const routing::Snapshot<QueueIndex>& index, const registry::Registry& registry,
          const policy::Gate* gate)
      : registry_(registry), gate_(gate), index_(index.read()), table_(registry.table()) {}
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;
  ~Targets() = default;

  // Once. `turn` counts on with each event that goes to a group.
  void find(const rpc::Event& event, const rpc::PublishOptions& options,
            std::atomic<std::uint32_t>& turn);
  const Queues& queues() const { return queues_; }
  const Peers& peers() const { return peers_; }

 private:
  struct Group {
    std::string_view name;
    std::vector<Queue*> queues;      // members on this node
    std::vector<std::size_t> peers;  // places of peers with a member
  };
  Group& group(std::string_view name);
  void find_queues(const rpc::Event& event);
  void find_peers(const rpc::Event& event, const core::NodeId& target);
  void choose_members(const rpc::Event& event, std::atomic<std::uint32_t>& turn);

  bool may_have(const rpc::Event& event, const core::NodeId& peer) const {
    return gate_ == nullptr ||
           gate_->allows(peer, policy::Action::kSubscribe, {event.network, event.topic});
  }

  const registry::Registry& registry_;
  const policy::Gate* const gate_;
  const routing::Snapshot<QueueIndex>::Guard index_;
  const routing::Snapshot<registry::RouteTable>::Guard table_;
  std::vector<registry::EventPeer> merged_;
  Queues queues_;
  Peers peers_;
  std::vector<Group> groups_;
};

}  // namespace runard::pubsub
