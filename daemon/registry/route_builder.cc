#include "registry/route_builder.h"

#include <algorithm>
#include <functional>
#include <iterator>

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

std::uint64_t schemas_of(const ActionRow& action) {
  if (action.input_schema.empty() && action.output_schema.empty()) {
    return 0;
  }
  const std::hash<std::string_view> hash;
  const std::uint64_t both = hash(action.input_schema) * 31 + hash(action.output_schema);
  return both == 0 ? 1 : both;
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
    providers_[pattern].all.push_back({{&handler, node, action, segment_count(row.path),
                                        std::chrono::milliseconds(row.actions[action].timeout_ms)},
                                       schemas_of(row.actions[action])});
    changed_.insert(pattern);
  });
}

void RouteBuilder::remove_service(const ServiceRow& row, core::NodeId node) {
  const std::uint32_t mount = segment_count(row.path);
  for_each_action(row, [&](const routing::TopicPattern& pattern, std::uint32_t action) {
    const auto at = providers_.find(pattern);
    if (at == providers_.end()) {
      return;
    }
    std::erase_if(at->second.all, [&](const Offer& offer) {
      const Provider& p = offer.provider;
      return p.node == node && p.action == action && p.mount_segments == mount;
    });
    changed_.insert(pattern);
  });
}

// Not before all rows are in: a node whose rows are replaced is not gone in between.
void RouteBuilder::put_route(const routing::TopicPattern& pattern) {
  const auto at = providers_.find(pattern);
  if (at == providers_.end()) {
    return;
  }
  if (at->second.all.empty()) {
    providers_.erase(at);
    routes_.remove(pattern);
    return;
  }
  std::uint32_t longest = 0;
  for (const Offer& offer : at->second.all) {
    longest = std::max(longest, offer.provider.mount_segments);
  }
  std::vector<Offer> fit;
  std::ranges::copy_if(at->second.all, std::back_inserter(fit), [&](const Offer& offer) {
    return offer.provider.mount_segments == longest;
  });
  // By node, so that all nodes see remote providers in one order; a zero id, this node, comes
  // first.
  std::ranges::stable_sort(fit, {}, [](const Offer& offer) { return offer.provider.node; });
  const std::vector<Offer> left_out = leave_out(pattern, at->second, fit);
  auto route = std::make_shared<Route>();
  std::ranges::transform(fit, std::back_inserter(route->providers), &Offer::provider);
  std::ranges::transform(left_out, std::back_inserter(route->left_out), &Offer::provider);
  route->local_count =
      static_cast<std::uint32_t>(std::count_if(route->providers.begin(), route->providers.end(),
                                               [](const Provider& p) { return p.node.is_zero(); }));
  put(routes_, pattern, std::shared_ptr<const Route>(std::move(route)));
}

std::uint64_t RouteBuilder::schemas_to_use(const std::vector<Offer>& fit, std::uint64_t in_use) {
  std::map<std::uint64_t, std::set<core::NodeId>> nodes;
  for (const Offer& offer : fit) {
    if (offer.schemas != 0 && offer.provider.node.is_zero()) {
      return offer.schemas;
    }
    if (offer.schemas != 0) {
      nodes[offer.schemas].insert(offer.provider.node);
    }
  }
  std::uint64_t best = nodes.contains(in_use) ? in_use : 0;
  for (const Offer& offer : fit) {
    if (offer.schemas != 0 && (best == 0 || nodes[offer.schemas].size() > nodes[best].size())) {
      best = offer.schemas;
    }
  }
  return best;
}

std::vector<RouteBuilder::Offer> RouteBuilder::leave_out(const routing::TopicPattern& pattern,
                                                         Offers& offers, std::vector<Offer>& fit) {
  offers.in_use = schemas_to_use(fit, offers.in_use);
  const auto differing = std::ranges::stable_partition(fit, [&](const Offer& offer) {
    return offer.schemas == 0 || offer.schemas == offers.in_use || offer.provider.node.is_zero();
  });
  std::vector<Offer> left_out(differing.begin(), differing.end());
  fit.erase(differing.begin(), differing.end());
  std::vector<core::NodeId> nodes;
  for (const Offer& offer : left_out) {
    nodes.push_back(offer.provider.node);
    if (std::ranges::find(offers.left_out, nodes.back()) == offers.left_out.end()) {
      news_.emplace_back(pattern, nodes.back());
    }
  }
  offers.left_out = std::move(nodes);
  return left_out;
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
  for (const routing::TopicPattern& pattern : std::exchange(changed_, {})) {
    put_route(pattern);
  }
  return std::make_shared<const RouteTable>(routes_.share(), events_.share());
}

}  // namespace runard::registry
