#include "registry/route_table.h"

#include <algorithm>

namespace runard::registry {

std::vector<EventPeer> RouteTable::event_peers(routing::TopicView topic) const {
  std::vector<EventPeer> peers;
  events_.for_each_match(topic, [&](const Events::Entry& entry, const routing::Captures&) {
    for (const EventPeer& peer : *entry.value) {
      const auto at = std::find_if(peers.begin(), peers.end(),
                                   [&](const EventPeer& p) { return p.node == peer.node; });
      if (at == peers.end()) {
        peers.push_back(peer);
        continue;
      }
      for (const std::string& group : peer.groups) {
        if (std::find(at->groups.begin(), at->groups.end(), group) == at->groups.end()) {
          at->groups.push_back(group);
        }
      }
    }
  });
  return peers;
}

}  // namespace runard::registry
