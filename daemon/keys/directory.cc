#include "keys/directory.h"

#include <algorithm>

namespace runard::keys {
namespace {

bool same_key(const envelope::Recipient& a, const envelope::Recipient& b) {
  return a.address == b.address && a.key == b.key;
}

bool same_profile(const ProfileEntry& a, const ProfileEntry& b) {
  return a.name == b.name && same_key(a.recipient, b.recipient) && a.nodes == b.nodes &&
         a.not_after_ms == b.not_after_ms;
}

template <class Map, class Same>
bool same_map(const Map& a, const Map& b, Same same) {
  return a.size() == b.size() && std::ranges::all_of(a, [&](const auto& pair) {
           const auto at = b.find(pair.first);
           return at != b.end() && same(pair.second, at->second);
         });
}

template <class Map, class Id>
const typename Map::mapped_type* find_in(const Map& map, const Id& id) {
  const auto at = map.find(id);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

DirectorySnapshot::DirectorySnapshot(DirectoryContents contents, std::uint64_t generation)
    : generation_(generation) {
  for (envelope::Recipient& network : contents.networks) {
    const core::NetworkId id{network.address.id.bytes};
    networks_.insert_or_assign(id, std::move(network));
  }
  for (envelope::Recipient& node : contents.nodes) {
    const core::NodeId id{node.address.id.bytes};
    nodes_.insert_or_assign(id, std::move(node));
  }
  for (ProfileEntry& profile : contents.profiles) {
    const ProfileId id = profile.id;
    profiles_.insert_or_assign(id, std::move(profile));
  }
}

const envelope::Recipient* DirectorySnapshot::network(const core::NetworkId& id) const {
  return find_in(networks_, id);
}

const envelope::Recipient* DirectorySnapshot::node(const core::NodeId& id) const {
  return find_in(nodes_, id);
}

const ProfileEntry* DirectorySnapshot::profile(const ProfileId& id) const {
  return find_in(profiles_, id);
}

bool DirectorySnapshot::may_act(const ProfileId& profile, const core::NodeId& node,
                                std::uint64_t now_ms) const {
  const ProfileEntry* entry = this->profile(profile);
  return entry != nullptr && now_ms < entry->not_after_ms &&
         std::ranges::binary_search(entry->nodes, node);
}

bool DirectorySnapshot::same_contents(const DirectorySnapshot& other) const {
  return same_map(networks_, other.networks_, same_key) &&
         same_map(nodes_, other.nodes_, same_key) &&
         same_map(profiles_, other.profiles_, same_profile);
}

std::shared_ptr<const DirectorySnapshot> Directory::snapshot() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool Directory::replace(DirectoryContents contents) {
  const std::lock_guard lock(mutex_);
  auto next =
      std::make_shared<const DirectorySnapshot>(std::move(contents), current_->generation() + 1);
  if (next->same_contents(*current_)) {
    return false;
  }
  current_ = std::move(next);
  return true;
}

}  // namespace runard::keys
