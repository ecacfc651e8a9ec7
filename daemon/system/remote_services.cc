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
  const States before = std::exchange(known_[rows.node], now);
  for (const auto& [key, state] : before) {
    if (!now.contains(key) && state != kUnknown) {
      events_.service_state(key.first, key.second, kUnknown, rows.node);
    }
  }
  for (const auto& [key, state] : now) {
    const auto old = before.find(key);
    if (state != (old == before.end() ? kUnknown : old->second)) {
      events_.service_state(key.first, key.second, state, rows.node);
    }
  }
}

void RemoteServices::gone(const core::NodeId& node) {
  registry::NodeRows none;
  none.node = node;
  changed(none);
  known_.erase(node);
}

}  // namespace runard::system
