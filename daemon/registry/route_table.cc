#include "registry/route_table.h"

#include <algorithm>
#include <atomic>
#include <utility>

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

void add(const std::vector<EventPeer>& more, std::vector<EventPeer>& peers) {
  for (const EventPeer& peer : more) {
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

std::span<const EventPeer> RouteTable::event_peers(routing::TopicView topic,
                                                   std::vector<EventPeer>& room) const {
  const std::vector<EventPeer>* only = nullptr;
  bool several = false;
  room.clear();
  events_.for_each_match(topic, [&](const Events::Entry& entry, const routing::Captures&) {
    if (only == nullptr) {
      only = entry.value.get();
      return;
    }
    if (!std::exchange(several, true)) {
      room = *only;
    }
    add(*entry.value, room);
  });
  if (several) {
    return room;
  }
  return only == nullptr ? std::span<const EventPeer>() : *only;
}

}  // namespace runard::registry
