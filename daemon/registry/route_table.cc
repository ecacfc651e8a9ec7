#include "registry/route_table.h"

#include <algorithm>
#include <atomic>

#include "registry/route_memo.h"

namespace runard::registry {
namespace {

std::uint64_t next_number() {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

RouteMemo& memo() {
  thread_local constinit RouteMemo memo;
  return memo;
}

}  // namespace

RouteTable::RouteTable(Routes routes, Events events)
    : number_(next_number()), routes_(std::move(routes)), events_(std::move(events)) {}

std::span<const RouteTable::Routes::Entry> RouteTable::find(routing::TopicView path,
                                                            routing::Captures& captures) const {
  if (const void* const known = memo().find(number_, path)) {
    captures.clear();
    return {static_cast<const Routes::Entry*>(known), 1};
  }
  const auto found = routes_.best_all(path, &captures);
  if (found.size() == 1 && found.front().pattern.is_literal()) {
    memo().keep(number_, path, &found.front());
  }
  return found;
}

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
