#include "pubsub/targets.h"

#include <algorithm>

namespace runard::pubsub {

void Targets::find(const rpc::Event& event, const rpc::PublishOptions& options,
                   std::atomic<std::uint32_t>& turn) {
  if (options.target.is_zero() || options.target == registry_.self()) {
    find_queues(event);
  }
  if ((event.flags & rpc::kRemoteEvent) == 0 && options.broadcast) {
    find_peers(event, options.target);
  }
  if (!groups_.empty()) {
    choose_members(event, turn);
    const auto chosen = std::remove_if(peers_.begin(), peers_.end(), [](const Peer& peer) {
      return !peer.ungrouped && peer.groups.empty();
    });
    peers_.erase(chosen, peers_.end());
  }
}

Targets::Group& Targets::group(std::string_view name) {
  const auto known = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& group) { return group.name == name; });
  if (known != groups_.end()) {
    return *known;
  }
  groups_.push_back({name, {}, {}});
  return groups_.back();
}

void Targets::find_queues(const rpc::Event& event) {
  const bool ungrouped = (event.flags & rpc::kRemoteEvent) == 0 || event.ungrouped;
  index_->for_each_match({event.network, event.topic},
                         [&](const QueueIndex::Entry& entry, const routing::Captures&) {
                           for (const auto& queue : *entry.value) {
                             const std::string& name = queue->options().group;
                             if (!name.empty()) {
                               group(name).queues.push_back(queue.get());
                             } else if (ungrouped) {
                               queues_.push_back(queue.get());
                             }
                           }
                         });
}

void Targets::find_peers(const rpc::Event& event, const core::NodeId& target) {
  for (const registry::EventPeer& peer :
       table_->event_peers({event.network, event.topic}, merged_)) {
    if ((!target.is_zero() && target != peer.node) || !may_have(event, peer.node)) {
      continue;
    }
    peers_.push_back({peer.node, false, {}});
    for (const std::string& name : peer.groups) {
      if (name.empty()) {
        peers_.back().ungrouped = true;
      } else {
        group(name).peers.push_back(peers_.size() - 1);
      }
    }
  }
}

// One that came over a link names the groups it is for: their members elsewhere were passed over.
void Targets::choose_members(const rpc::Event& event, std::atomic<std::uint32_t>& turn) {
  const bool remote = (event.flags & rpc::kRemoteEvent) != 0;
  const std::uint32_t number = turn.fetch_add(1, std::memory_order_relaxed);
  for (const Group& group : groups_) {
    const bool wanted = !remote || std::find(event.groups.begin(), event.groups.end(),
                                             group.name) != event.groups.end();
    if (!wanted) {
      continue;
    }
    if (!group.queues.empty()) {
      queues_.push_back(group.queues[number % group.queues.size()]);
    } else if (!group.peers.empty()) {
      peers_[group.peers[number % group.peers.size()]].groups.push_back(group.name);
    }
  }
}

}  // namespace runard::pubsub
