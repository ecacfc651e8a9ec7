// LiveMembers: the nodes that are linked now, and which version of each network's key they say that
// they hold. With that a new version can be used as soon as everybody has it.
//
// What a node says of itself is believed: a lie makes it lose what it could have read, no one else.
// A node that says nothing never agrees. Values; one owner. Times are those of core::Clock::now().
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "keys/network_keyring.h"

namespace runard::keys {

// For this long nobody may have come or gone: links come up one after the other.
inline constexpr std::chrono::seconds kMembersSettle{3};

struct HeldVersion {
  core::NetworkId network;
  std::uint32_t version = 0;
  friend bool operator==(const HeldVersion&, const HeldVersion&) = default;
};

class LiveMembers {
 public:
  // The times count from here: a node that starts has no links yet.
  void begin(core::TimePoint now) { changed_ = now; }
  void up(const core::NodeId& node, core::TimePoint now);
  void down(const core::NodeId& node, core::TimePoint now);
  // All that it holds; of a node that is not linked nothing is kept.
  void holds(const core::NodeId& node, const std::vector<HeldVersion>& held);

  // The members of the keyring that are linked and lack that version, in their order.
  std::vector<core::NodeId> lacking(const NetworkKeyring& keyring, const core::NetworkId& network,
                                    std::uint32_t version) const;
  // When every linked member has it, and there is one at least: since when that may count, which
  // may be later than now. None: not every one.
  std::optional<core::TimePoint> agreed_at(const NetworkKeyring& keyring,
                                           const core::NetworkId& network,
                                           std::uint32_t version) const;

 private:
  using Versions = std::map<core::NetworkId, std::uint32_t>;
  std::map<core::NodeId, Versions> live_;
  core::TimePoint changed_{};
};

}  // namespace runard::keys
