// RouteTable: an immutable answer to "who provides this path" and "which nodes want this topic".
//
// Built by Registry from all nodes' rows; read by any thread through a snapshot, without a lock or
// an allocation. Resolution (DESIGN section 4): the most specific pattern of all providers,
// mesh-wide, decides; then its providers, local ones first; there is no fallback to a weaker
// pattern.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "routing/route_trie.h"
#include "rpc/handler.h"

namespace runard::registry {

struct Provider {
  rpc::Handler* handler = nullptr;  // see rpc::Handler: outlives every table
  core::NodeId node;                // zero: this node
  std::uint32_t action = 0;  // the number of the action in its service's row; for local providers
  std::uint32_t mount_segments = 0;
  core::Duration timeout{0};  // of calls without a deadline; 0: the caller's default
};

// All who provide one pattern. The longest mount owns an action: others of the same pattern are not
// here.
struct Route {
  std::vector<Provider> providers;  // local first
  std::uint32_t local_count = 0;
  // Other nodes whose schemas are not those in use: for requests that name one of them as target.
  std::vector<Provider> left_out;
  mutable std::atomic<std::uint32_t> turn{0};  // round robin over the remote ones
};

// A node that wants events, for each group it has a member of ("" when it has a subscription
// without one).
struct EventPeer {
  core::NodeId node;
  std::vector<std::string> groups;
};

class RouteTable {
 public:
  using Routes = routing::RouteTrie<std::shared_ptr<const Route>>;
  using Events = routing::RouteTrie<std::shared_ptr<const std::vector<EventPeer>>>;

  RouteTable(Routes routes, Events events);

  // The routes of the most specific pattern, and what its {names} captured; empty when nobody
  // provides the path. More than one where patterns differ in nothing but their names. What a
  // thread has asked lately is found without a look-up (RouteMemo).
  std::span<const Routes::Entry> find(routing::TopicView path, routing::Captures& captures) const;
  // The other nodes that want an event of this topic, each once: as this table has them when one
  // pattern matches, else put together in `room`.
  std::span<const EventPeer> event_peers(routing::TopicView topic,
                                         std::vector<EventPeer>& room) const;

 private:
  const std::uint64_t number_;  // no two tables of this process have the same
  Routes routes_;
  Events events_;
};

}  // namespace runard::registry
