// Whether a peer is told of a service: only if it may call one of its actions, or hear something
// below its mount. Any thread.
#pragma once

#include <algorithm>
#include <string>

#include "policy/gate.h"

namespace runard::node {

// `mount`: the service's network and path; `actions`: rows or entries with a `pattern`.
template <class Actions>
bool is_told_of(const policy::Gate& gate, const core::NodeId& peer, routing::TopicView mount,
                const Actions& actions) {
  const std::string below = std::string(mount.path) + "/";
  const auto callable = [&](const auto& action) {
    return gate.possible(peer, policy::Action::kCall, mount.network,
                         action.pattern.empty() ? std::string(mount.path) : below + action.pattern);
  };
  return std::ranges::any_of(actions, callable) ||
         gate.possible(peer, policy::Action::kSubscribe, mount.network, below + ">");
}

}  // namespace runard::node
