#include "registry/route_builder.h"

#include <algorithm>

namespace runard::registry {
namespace {

// Calls f(pattern, number of the action) for each action whose pattern is well formed.
template <class F>
void for_each_action(const ServiceRow& row, F f) {
  const auto mount = routing::TopicPath::parse(row.path, row.network);
  if (!mount) {
    return;
  }
  for (std::size_t i = 0; i < row.actions.size(); ++i) {
    if (const auto pattern = routing::TopicPattern::parse_below(*mount, row.actions[i].pattern)) {
      f(*pattern, static_cast<std::uint32_t>(i));
    }
  }
}

std::uint32_t segment_count(std::string_view path) {
  return static_cast<std::uint32_t>(std::count(path.begin(), path.end(), '/') + 1);
}

template <class Trie, class Value>
void put(Trie& trie, const routing::TopicPattern& pattern, Value value) {
  if (!trie.replace(pattern, value)) {
    // Refused only past the trie's limits: then the path is not found, which is what the limit
    // means.
    (void)trie.insert(pattern, std::move(value));
  }
}

}  // namespace

void RouteBuilder::add_service(const ServiceRow& row, core::NodeId node, rpc::Handler& handler) {
  for_each_action(row, [&](const routing::TopicPattern& pattern, std::uint32_t action) {
    providers_[pattern].push_back({&handler, node, action, segment_count(row.path),
                                   std::chrono::milliseconds(row.actions[action].timeout_ms)});
    put_route(pattern);
  });
}

void RouteBuilder::remove_service(const ServiceRow& row, core::NodeId node) {
  const std::uint32_t mount = segment_count(row.path);
  for_each_action(row, [&](const routing::TopicPattern& pattern, std::uint32_t action) {
    const auto at = providers_.find(pattern);
    if (at == providers_.end()) {
      return;
    }
    std::erase_if(at->second, [&](const Provider& p) {
      return p.node == node && p.action == action && p.mount_segments == mount;
    });
    put_route(pattern);
  });
}

void RouteBuilder::put_route(const routing::TopicPattern& pattern) {
  const auto at = providers_.find(pattern);
  if (at->second.empty()) {
    providers_.erase(at);
    routes_.remove(pattern);
    return;
  }
  auto route = std::make_shared<Route>();
  std::uint32_t longest = 0;
  for (const Provider& provider : at->second) {
    longest = std::max(longest, provider.mount_segments);
  }
  for (const Provider& provider : at->second) {
    if (provider.mount_segments == longest) {
      route->providers.push_back(provider);
    }
  }
  // By node, so that all nodes see remote providers in one order; a zero id, this node, comes
  // first.
  std::stable_sort(route->providers.begin(), route->providers.end(),
                   [](const Provider& a, const Provider& b) { return a.node < b.node; });
  route->local_count =
      static_cast<std::uint32_t>(std::count_if(route->providers.begin(), route->providers.end(),
                                               [](const Provider& p) { return p.node.is_zero(); }));
  put(routes_, pattern, std::shared_ptr<const Route>(std::move(route)));
}

void RouteBuilder::add_subscription(const SubscriptionRow& row, core::NodeId node) {
  const auto pattern = routing::TopicPattern::parse(row.pattern, row.network);
  if (pattern) {
    subscribers_[*pattern].emplace_back(node, row.group);
    put_event(*pattern);
  }
}

void RouteBuilder::remove_subscription(const SubscriptionRow& row, core::NodeId node) {
  const auto pattern = routing::TopicPattern::parse(row.pattern, row.network);
  const auto at = pattern ? subscribers_.find(*pattern) : subscribers_.end();
  if (at != subscribers_.end()) {
    std::erase(at->second, std::pair(node, row.group));
    put_event(*pattern);
  }
}

void RouteBuilder::put_event(const routing::TopicPattern& pattern) {
  const auto at = subscribers_.find(pattern);
  if (at->second.empty()) {
    subscribers_.erase(at);
    events_.remove(pattern);
    return;
  }
  auto peers = std::make_shared<std::vector<EventPeer>>();
  for (const auto& [node, group] : at->second) {
    const auto known = std::find_if(peers->begin(), peers->end(),
                                    [&](const EventPeer& p) { return p.node == node; });
    if (known == peers->end()) {
      peers->push_back({node, {group}});
    } else {
      known->groups.push_back(group);
    }
  }
  put(events_, pattern, std::shared_ptr<const std::vector<EventPeer>>(std::move(peers)));
}

std::shared_ptr<const RouteTable> RouteBuilder::table() {
  return std::make_shared<const RouteTable>(routes_.share(), events_.share());
}

}  // namespace runard::registry
