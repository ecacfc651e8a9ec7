#include "mesh/mesh.h"

#include <algorithm>
#include <utility>

#include "wire/hello.h"

namespace runard::mesh {

using core::Errc;

Mesh::Mesh(const Self& self, const Settings& settings, const NetworkNames& names, Port& port,
           core::Random& random, core::Log log)
    : self_(self),
      settings_(settings),
      names_(names),
      port_(port),
      log_(std::move(log)),
      book_(settings.dial, random, self.node),
      exchange_(settings.exchange, random),
      gossip_(settings.gossip, port) {}

void Mesh::link_up(LinkId id, PeerInfo info, core::TimePoint now) {
  if (const auto why = refusal(info)) {
    book_.failed(info.dial, *why, info.node, now);
    port_.close(id, *why);
    return;
  }
  Peer& peer = peer_of(info, now);
  peer.links.push_back(id);
  peer.forget = core::kNever;
  if (peer.state == PeerState::kLost) {
    peer.state = peer.draining ? PeerState::kDraining : PeerState::kUp;
  }
  Link& link = links_.try_emplace(id, id, std::move(info), self_.epoch, settings_).first->second;
  link.heard = now;
  link.spoke = now;
  link.owes_draining = phase_ == Phase::kDraining;
  link.owes_keys = !keys_held_.empty();
  join_networks(link);
  book_.linked(peer.node, link.info.dial, now);
  peer.addresses.clear();  // so that they are told again
  remember_addresses(peer, link, now);
  exchange_.joined(id, now);
  if ((link.info.features & wire::kFeatureStatements) != 0) {
    gossip_.link_up(id, peer.node, link.common, now);
  }
  port_.attach(peer.node, id);
  if (peer.announced) {
    hand_over(peer);  // its certificate may be another one, and its snapshot the same
  }
  push(link, now);
  arm(now);  // for what tick_link() sends
  log_.info("peer linked",
            {core::field("peer", peer.node.text()), core::field("address", link.info.address),
             core::field("dialled", link.info.dialled)});
}

std::optional<core::Error> Mesh::refusal(const PeerInfo& info) const {
  if (phase_ == Phase::kLeaving) {
    return core::fail(Errc::kDraining, "this node is stopping");
  }
  if (info.node == self_.node) {
    return core::fail(Errc::kSelfDial, info.address);
  }
  if (common_networks(info).empty()) {
    return core::fail(Errc::kNoCommonNetwork, info.address);
  }
  const auto known = peers_.find(info.node);
  if (known == peers_.end()) {
    return peers_.size() < settings_.peers
               ? std::optional<core::Error>()
               : core::fail(Errc::kOverloaded, "limits.peers is reached");
  }
  const Peer& peer = known->second;
  const bool earlier_run = info.epoch < peer.epoch && !peer.links.empty();
  if (earlier_run || peer.links.size() >= settings_.links_per_peer) {
    return core::fail(Errc::kDuplicateLink, info.address);
  }
  return {};
}

// The peer's entry; a run of it that differs from the one known begins with nothing.
Peer& Mesh::peer_of(const PeerInfo& info, core::TimePoint now) {
  Peer& peer = peers_.try_emplace(info.node, info.node, settings_.rows_memory).first->second;
  if (peer.epoch != info.epoch) {
    for (const LinkId old : std::exchange(peer.links, {})) {
      links_.erase(old);
      gossip_.link_down(old);
      port_.close(old, core::fail(Errc::kDuplicateLink, "the peer has restarted"));
    }
    if (peer.epoch != 0) {
      book_.lost(peer.node, false, now);
      withdraw(peer);
    }
    peer.epoch = info.epoch;
  }
  return peer;
}

void Mesh::link_down(LinkId id, const core::Error& error, core::TimePoint now) {
  const auto found = links_.find(id);
  if (found == links_.end()) {
    return;
  }
  Peer& peer = peers_.at(found->second.info.node);
  links_.erase(found);
  gossip_.link_down(id);
  const bool was_in_use = peer.links.back() == id;
  std::erase(peer.links, id);
  log_.info("link lost",
            {core::field("peer", peer.node.text()), core::field("why", core::describe(error))});
  if (peer.links.empty()) {
    const core::NodeId node = peer.node;
    lose(peer, now);
    if (error.code == Errc::kNoCommonNetwork) {
      book_.apart(node, now);
    }
  } else if (was_in_use) {
    port_.attach(peer.node, peer.links.back());
  }
}

// Without a link nothing can be sent to the peer, but for a moment its rows stay: it may be back at
// once, and a flapping link should not look like services that come and go.
void Mesh::lose(Peer& peer, core::TimePoint now) {
  book_.lost(peer.node, false, now);
  port_.detach(peer.node);
  if (!peer.announced) {
    forget(peer);
    return;
  }
  peer.state = PeerState::kLost;
  peer.forget = now + settings_.grace;
  arm(peer.forget);
}

void Mesh::withdraw(Peer& peer) {
  peer.rows.clear();
  peer.state = PeerState::kSyncing;
  peer.draining = false;
  port_.drop(peer.node);
  if (std::exchange(peer.announced, false)) {
    port_.news(PeerNews::kDisconnected, peer.node);
  }
}

void Mesh::forget(Peer& peer) {
  withdraw(peer);
  stats_.refused_rows += peer.rows.refused();
  peers_.erase(core::NodeId(peer.node));
}

void Mesh::cut(LinkId id, const core::Error& reason, core::TimePoint now) {
  port_.close(id, reason);
  link_down(id, reason, now);
}

void Mesh::seen(const DialHint& hint, core::TimePoint now) {
  book_.seen(hint, now);
}

void Mesh::unseen(const core::NodeId& node) {
  book_.unseen(node);
}

void Mesh::dial_failed(DialId dial, const core::Error& error,
                       const std::optional<core::NodeId>& who, core::TimePoint now) {
  book_.failed(dial, error, who, now);
}

void Mesh::drain(core::TimePoint now) {
  if (phase_ != Phase::kRunning) {
    return;
  }
  phase_ = Phase::kDraining;
  for (auto& [id, link] : links_) {
    link.owes_draining = true;
    tick_link(link, now);
  }
}

void Mesh::leave(core::TimePoint now) {
  if (phase_ == Phase::kLeaving) {
    return;
  }
  phase_ = Phase::kLeaving;
  leave_until_ = now + settings_.leave;
  arm(leave_until_);
  for (const LinkId id : link_ids()) {
    if (!send(links_.at(id), wire::SyncType::kGoodbye, wire::empty_body(), now)) {
      cut(id, core::fail(Errc::kDraining, "this node is stopping"), now);
    }
  }
}

void Mesh::tick(core::TimePoint now) {
  notice_freeze(now);
  next_ = core::kNever;
  for (const LinkId id : link_ids()) {
    Link& link = links_.at(id);
    if (now >= link.heard + settings_.silence) {
      ++stats_.silent_links;
      cut(id, core::fail(Errc::kLinkLost, "nothing was heard from the peer"), now);
    } else if (phase_ == Phase::kLeaving && now >= leave_until_) {
      cut(id, core::fail(Errc::kDraining, "this node is stopping"), now);
    } else {
      tick_link(link, now);
    }
  }
  std::vector<core::NodeId> gone;
  for (const auto& [node, peer] : peers_) {
    if (peer.forget <= now) {
      gone.push_back(node);
    } else {
      arm(peer.forget);
    }
  }
  for (const core::NodeId& node : gone) {
    forget(peers_.at(node));
  }
  if (phase_ == Phase::kLeaving) {
    arm(links_.empty() ? core::kNever : leave_until_);
    return;
  }
  tick_exchange(now);
  gossip_.tick(now);
  if (phase_ == Phase::kRunning && book_.expiry() <= now) {
    for (const AddressBook::Dial& dial : book_.due(now)) {
      port_.dial(dial.id, dial.addresses, dial.expected);
    }
  }
}

core::TimePoint Mesh::expiry() const {
  switch (phase_) {
    case Phase::kRunning:
      return std::min({next_, book_.expiry(), exchange_.expiry(), gossip_.expiry()});
    case Phase::kDraining:
      return std::min({next_, exchange_.expiry(), gossip_.expiry()});
    case Phase::kLeaving:
      break;
  }
  return next_;
}

// A process that stood still (stopped, swapped out, a suspended machine) has heard nobody: that
// says nothing about the others.
void Mesh::notice_freeze(core::TimePoint now) {
  const core::TimePoint due = expiry();
  if (due == core::kNever || now < due + settings_.frozen) {
    return;
  }
  log_.warn("this node stood still",
            {core::field("ms", (now - due) / std::chrono::milliseconds(1))});
  for (auto& [id, link] : links_) {
    link.heard = now;
  }
}

std::vector<LinkId> Mesh::link_ids() const {
  std::vector<LinkId> ids;
  for (const auto& [id, link] : links_) {
    ids.push_back(id);
  }
  return ids;
}

std::vector<core::NetworkId> Mesh::common_networks(const PeerInfo& info) const {
  std::vector<core::NetworkId> common;
  for (const core::NetworkId& network : info.networks) {
    if (names_.name(network)) {
      common.push_back(network);
    }
  }
  return common;
}

std::vector<PeerStatus> Mesh::peers() const {
  std::vector<PeerStatus> list;
  for (const auto& [node, peer] : peers_) {
    const auto link = peer.links.empty() ? links_.end() : links_.find(peer.links.back());
    const bool linked = link != links_.end();
    list.push_back({node, linked ? link->second.info.name : "",
                    linked ? link->second.info.address : "", peer.state, peer.epoch,
                    peer.rows.version(), peer.links.size(), peer.rows.memory(),
                    linked ? gossip_.trust_of(peer.links.back()) : 0});
  }
  return list;
}

Stats Mesh::stats() const {
  Stats stats = stats_;
  stats.peers = peers_.size();
  stats.links = links_.size();
  stats.dials_in_flight = book_.dials_in_flight();
  for (const auto& [node, peer] : peers_) {
    stats.refused_rows += peer.rows.refused();
  }
  for (const auto& [id, link] : links_) {
    stats.oversized_update = std::max(stats.oversized_update, link.out.oversized());
  }
  return stats;
}

}  // namespace runard::mesh
