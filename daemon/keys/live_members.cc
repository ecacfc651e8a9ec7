#include "keys/live_members.h"

#include <algorithm>

namespace runard::keys {

void LiveMembers::up(const core::NodeId& node, core::TimePoint now) {
  if (live_.try_emplace(node).second) {
    changed_ = now;
  }
}

void LiveMembers::down(const core::NodeId& node, core::TimePoint now) {
  if (live_.erase(node) > 0) {
    changed_ = now;
  }
}

void LiveMembers::holds(const core::NodeId& node, const std::vector<HeldVersion>& held) {
  const auto at = live_.find(node);
  if (at == live_.end()) {
    return;
  }
  at->second.clear();
  for (const HeldVersion& one : held) {
    at->second[one.network] = one.version;
  }
}

std::vector<core::NodeId> LiveMembers::lacking(const NetworkKeyring& keyring,
                                               const core::NetworkId& network,
                                               std::uint32_t version) const {
  std::vector<core::NodeId> lacking;
  for (const auto& [node, versions] : live_) {
    const auto at = versions.find(network);
    if (keyring.member(node) != nullptr && (at == versions.end() || at->second < version)) {
      lacking.push_back(node);
    }
  }
  return lacking;
}

std::optional<core::TimePoint> LiveMembers::agreed_at(const NetworkKeyring& keyring,
                                                      const core::NetworkId& network,
                                                      std::uint32_t version) const {
  const bool any = std::ranges::any_of(
      live_, [&](const auto& live) { return keyring.member(live.first) != nullptr; });
  if (!any || !lacking(keyring, network, version).empty()) {
    return std::nullopt;
  }
  return changed_ + kMembersSettle;
}

}  // namespace runard::keys
