// Which provider a request goes to next. Functions over a route table; no lock, no allocation.
#pragma once

#include <span>

#include "registry/registry.h"

namespace runard::calls {

// Borrows from the table it was made from.
struct Choice {
  const registry::Provider* provider = nullptr;  // null: nobody may take the request
  const routing::TopicPattern* pattern = nullptr;
  routing::Captures captures;  // of that pattern
  std::uint32_t fit = 0;       // how many may take it, the chosen one included
  bool known = false;          // somebody provides the path, here or elsewhere
};

// Local first; among remote ones in turn; what a route left out only for a request that names its
// node. `tried`: those that have refused.
void choose(const registry::Registry& registry, const registry::RouteTable& table,
            const rpc::Request& request, std::span<rpc::Handler* const> tried, Choice& choice);

}  // namespace runard::calls
