// KeptKeks: the agreement between a sender and each of its peers on which epochs' KEKs the peer
// keeps, so that what is sealed to it need only name them. As a sender: what peers have said. As a
// receiver: what this node has said, so that it is not said for each message.
//
// It is about one run of a peer; the next one keeps nothing. Threads: any, one mutex.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "envelope/kek_cache.h"

namespace runard::sealing {

class KeptKeks {
 public:
  static constexpr std::size_t kMaxPeers = 4096;
  static constexpr std::size_t kMaxOfPeer = envelope::kMaxPinnedOfSender;  // the newest ones
  static constexpr core::Duration kSayAgain = std::chrono::seconds(1);     // if it was not heard
  using Ids = std::vector<envelope::KeyId>;

  // What the peer keeps; null: nothing that it has said.
  std::shared_ptr<const Ids> kept_by(const core::NodeId& peer) const;
  void heard(const core::NodeId& peer, std::span<const envelope::KeyId> ids);

  // Whether the peer is to be told now that its KEK is kept here; it then counts as told.
  bool tell(const core::NodeId& peer, const envelope::KeyId& id, core::TimePoint now);

  // It keeps nothing of this node's any more.
  void forget(const core::NodeId& peer);

 private:
  struct Told {
    envelope::KeyId id;
    core::TimePoint when;
  };
  struct Peer {
    std::shared_ptr<const Ids> kept;
    std::deque<Told> told;
  };
  Peer& peer_of(const core::NodeId& node);

  mutable std::mutex mutex_;
  std::unordered_map<core::NodeId, Peer> peers_;
};

}  // namespace runard::sealing
