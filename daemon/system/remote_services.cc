#include "system/remote_services.h"

#include <utility>

namespace runard::system {
namespace {

// What a service that is not known is: its last event before the first and after the last one.
constexpr std::string_view kUnknown = "stopped";

}  // namespace

void RemoteServices::changed(const registry::NodeRows& rows) {
  States now;
  for (const registry::ServiceRow& row : rows.services) {
    now.emplace(std::pair(row.network, row.path), registry::state_text(rows, row));
  }
  Known& known = known_[rows.node];
  tell_gone(rows.node, known, now);
  std::size_t untold = 0;
  for (const auto& [key, state] : now) {
    auto at = known.told.find(key);
    if (at == known.told.end() && known.told.size() == kMostServices) {
      ++untold;
      continue;
    }
    if (at == known.told.end()) {
      at = known.told.emplace(key, kUnknown).first;
    }
    if (std::exchange(at->second, state) != state) {
      events_.service_state(key.first, key.second, state, rows.node);
    }
  }
  if (const bool had_more = std::exchange(known.has_more, untold > 0);
      known.has_more && !had_more) {
    log_.warn("a node has more services than $registry events are told of",
              {core::field("node", rows.name), core::field("id", rows.node.text()),
               core::field("untold", untold)});
  }
}

void RemoteServices::tell_gone(const core::NodeId& node, Known& known, const States& now) {
  for (auto at = known.told.begin(); at != known.told.end();) {
    const auto& [network, path] = at->first;
    if (now.contains(at->first)) {
      ++at;
      continue;
    }
    if (at->second != kUnknown) {
      events_.service_state(network, path, kUnknown, node);
    }
    at = known.told.erase(at);
  }
}

void RemoteServices::gone(const core::NodeId& node) {
  registry::NodeRows none;
  none.node = node;
  changed(none);
  known_.erase(node);
}

}  // namespace runard::system
