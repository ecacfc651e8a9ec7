// What a peer is told of a service: the actions that it may call, and nothing of a service that it
// may neither call nor hear. So a path that it may not call is one that does not exist. Any thread.
#pragma once

#include <string>
#include <vector>

#include "policy/gate.h"

namespace runard::node {

// Leaves of `actions` (rows or entries with a `pattern`) those that the peer is told of. `mount`:
// the service's network and path. False: it is not told of the service at all.
template <class Action>
bool keep_told(const policy::Gate& gate, const core::NodeId& peer, routing::TopicView mount,
               std::vector<Action>& actions) {
  const std::string below = std::string(mount.path) + "/";
  std::erase_if(actions, [&](const Action& action) {
    return !gate.possible(
        peer, policy::Action::kCall, mount.network,
        action.pattern.empty() ? std::string(mount.path) : below + action.pattern);
  });
  return !actions.empty() ||
         gate.possible(peer, policy::Action::kSubscribe, mount.network, below + ">");
}

}  // namespace runard::node
