#include "sealing/kept_keks.h"

#include <algorithm>

namespace runard::sealing {

std::shared_ptr<const KeptKeks::Ids> KeptKeks::kept_by(const core::NodeId& peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : found->second.kept;
}

KeptKeks::Peer& KeptKeks::peer_of(const core::NodeId& node) {
  if (peers_.size() >= kMaxPeers && !peers_.contains(node)) {
    peers_.erase(peers_.begin());  // any: it gets full envelopes, and says once more what it keeps
  }
  return peers_[node];
}

void KeptKeks::heard(const core::NodeId& peer, std::span<const envelope::KeyId> ids) {
  const std::lock_guard lock(mutex_);
  Peer& known = peer_of(peer);
  Ids all = known.kept == nullptr ? Ids() : *known.kept;
  for (const envelope::KeyId& id : ids) {
    std::erase(all, id);
    all.push_back(id);
  }
  if (all.size() > kMaxOfPeer) {
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kMaxOfPeer));
  }
  known.kept = std::make_shared<const Ids>(std::move(all));
}

bool KeptKeks::tell(const core::NodeId& peer, const envelope::KeyId& id, core::TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto& told = peer_of(peer).told;
  const auto before = std::ranges::find(told, id, &Told::id);
  if (before != told.end()) {
    if (now - before->when < kSayAgain) {
      return false;
    }
    before->when = now;
    return true;
  }
  told.push_back({id, now});
  if (told.size() > kMaxOfPeer) {
    told.pop_front();
  }
  return true;
}

void KeptKeks::forget(const core::NodeId& peer) {
  const std::lock_guard lock(mutex_);
  peers_.erase(peer);
}

}  // namespace runard::sealing
