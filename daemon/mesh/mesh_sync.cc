// The part of Mesh that speaks over a link: frames in, frames out.
#include <algorithm>

#include "mesh/mesh.h"
#include "wire/frame.h"

namespace runard::mesh {
namespace {

using core::Errc;
using wire::SyncType;

core::Result<void> unknown(SyncType type) {
  if (wire::is_critical(static_cast<std::uint64_t>(type))) {
    return core::fail(Errc::kProtocol, "an unknown control frame that must be understood");
  }
  return {};
}

// Nothing of another network is told, nor taken.
bool is_common(const Link& link, const wire::KeyHeld& key) {
  return std::ranges::find(link.common, key.network) != link.common.end();
}

std::vector<std::string> texts(const std::vector<wire::Address>& addresses) {
  std::vector<std::string> texts;
  for (const wire::Address& address : addresses) {
    texts.push_back(address.text());
  }
  return texts;
}

}  // namespace

void Mesh::control(LinkId id, std::uint64_t type, core::ByteView body, core::TimePoint now) {
  const auto found = links_.find(id);
  if (found == links_.end()) {
    return;
  }
  found->second.heard = now;
  const auto done = handle(found->second, static_cast<SyncType>(type), body, now);
  if (done.has_error()) {
    ++stats_.protocol_errors;
    cut(id, done.error(), now);
  }
}

core::Result<void> Mesh::handle(Link& link, SyncType type, core::ByteView body,
                                core::TimePoint now) {
  switch (type) {
    case SyncType::kRows:
      return on_rows(link, body, now);
    case SyncType::kHeartbeat:
      return on_heartbeat(link, body, now);
    case SyncType::kPeers:
      return on_peers(link, body, now);
    case SyncType::kStatementHeads:
    case SyncType::kStatementPull:
    case SyncType::kStatement:
      return gossip_.on_frame(link.id, type, body, now);
    case SyncType::kKeysHeld:
      return on_keys_held(link, body);
    case SyncType::kResync:
    case SyncType::kDraining:
    case SyncType::kGoodbye:
      break;
    default:
      return unknown(type);
  }
  auto read = wire::decode_empty_body(body);
  if (read.has_error()) {
    return read;
  }
  if (type == SyncType::kResync) {
    answer_resync(link, now);
  } else if (type == SyncType::kDraining) {
    on_draining(peers_.at(link.info.node), link, now);
  } else {
    on_goodbye(peers_.at(link.info.node), now);
  }
  return {};
}

core::Result<void> Mesh::on_rows(Link& link, core::ByteView body, core::TimePoint now) {
  const auto chunk = wire::decode_rows_chunk(body);
  if (chunk.has_error()) {
    return chunk.error();
  }
  auto whole = link.in.add(*chunk);
  if (whole.has_error()) {
    return whole.error();
  }
  return whole->empty() ? core::Result<void>() : on_update(link, *whole, now);
}

core::Result<void> Mesh::on_update(Link& link, core::ByteView bytes, core::TimePoint now) {
  const auto update = wire::decode_update(bytes, settings_.rows_memory);
  if (update.has_error()) {
    return update.error();
  }
  if (update->epoch != link.info.epoch) {
    return core::fail(Errc::kProtocol, "rows of another epoch than the link's");
  }
  Peer& peer = peers_.at(link.info.node);
  const auto outcome = peer.rows.apply(*update, link.common, names_);
  if (outcome.has_error()) {
    return outcome.error();
  }
  if (*outcome == PeerRows::Outcome::kGap) {
    ask_resync(link, now);
  } else if (*outcome != PeerRows::Outcome::kOld) {
    publish(peer, link, *outcome, now);
  }
  return {};
}

void Mesh::publish(Peer& peer, const Link& link, PeerRows::Outcome outcome, core::TimePoint now) {
  if (peer.state == PeerState::kSyncing) {
    peer.state = peer.draining ? PeerState::kDraining : PeerState::kUp;
  }
  if (peer.announced && outcome == PeerRows::Outcome::kUnchanged) {
    return;
  }
  hand_over(peer);
  port_.news(peer.announced ? PeerNews::kUpdated : PeerNews::kDiscovered, peer.node);
  peer.announced = true;
  remember_addresses(peer, link, now);
}

void Mesh::hand_over(const Peer& peer) {
  registry::NodeRows rows = peer.rows.rows();
  const std::string& name = links_.at(peer.links.back()).info.name;
  rows.name = name.empty() ? rows.name : name;
  rows.draining = peer.draining;
  port_.replace(std::move(rows));
}

// Asked for at most once in a while: the peer's heartbeats bring us back here until it worked.
void Mesh::ask_resync(Link& link, core::TimePoint now) {
  if (link.resync_asked && now < *link.resync_asked + settings_.resync_every) {
    return;
  }
  if (send(link, SyncType::kResync, wire::empty_body(), now)) {
    link.resync_asked = now;
    ++stats_.resyncs_asked;
  }
}

void Mesh::answer_resync(Link& link, core::TimePoint now) {
  link.owes_snapshot = true;
  const core::TimePoint when =
      link.resync_answered ? *link.resync_answered + settings_.resync_every : now;
  if (now < when) {
    arm(when);
    return;
  }
  link.owes_snapshot = false;
  link.resync_answered = now;
  ++stats_.resyncs_answered;
  link.out.restart();
  push(link, now);
}

core::Result<void> Mesh::on_heartbeat(Link& link, core::ByteView body, core::TimePoint now) {
  const auto heartbeat = wire::decode_heartbeat(body);
  if (heartbeat.has_error()) {
    return heartbeat.error();
  }
  if (peers_.at(link.info.node).rows.version() < heartbeat->version) {
    ask_resync(link, now);
  }
  return {};
}

core::Result<void> Mesh::on_keys_held(Link& link, core::ByteView body) {
  auto held = wire::decode_keys_held(body);
  if (held.has_error()) {
    return held.error();
  }
  std::erase_if(*held, [&](const wire::KeyHeld& key) { return !is_common(link, key); });
  port_.keys_held(link.info.node, *held);
  return {};
}

void Mesh::set_keys_held(std::vector<wire::KeyHeld> held, core::TimePoint now) {
  if (held == keys_held_) {
    return;
  }
  keys_held_ = std::move(held);
  for (auto& [id, link] : links_) {
    link.owes_keys = true;
  }
  arm(now);
}

bool Mesh::tell_keys(Link& link, core::TimePoint now) {
  std::vector<wire::KeyHeld> told;
  std::ranges::copy_if(keys_held_, std::back_inserter(told),
                       [&](const wire::KeyHeld& key) { return is_common(link, key); });
  return send(link, SyncType::kKeysHeld, wire::encode(told), now);
}

core::Result<void> Mesh::on_peers(Link& link, core::ByteView body, core::TimePoint now) {
  const auto hints = wire::decode_peer_hints(body);
  if (hints.has_error()) {
    return hints.error();
  }
  for (const wire::PeerHint& hint : *hints) {
    book_.seen({texts(hint.addresses), hint.node, HintSource::kExchange, settings_.exchange.ttl,
                false, link.info.node},
               now);
  }
  return {};
}

void Mesh::on_draining(Peer& peer, const Link& link, core::TimePoint now) {
  const bool news = !std::exchange(peer.draining, true);
  if (peer.announced) {
    peer.state = PeerState::kDraining;
  }
  if (news && peer.announced) {
    publish(peer, link, PeerRows::Outcome::kApplied, now);
  }
}

void Mesh::on_goodbye(Peer& peer, core::TimePoint now) {
  for (const LinkId id : peer.links) {
    links_.erase(id);
    gossip_.link_down(id);
    port_.close(id, core::fail(Errc::kDraining, "the peer has left"));
  }
  book_.lost(peer.node, true, now);
  port_.detach(peer.node);
  log_.info("peer left", {core::field("peer", peer.node.text())});
  forget(peer);
}

void Mesh::local_changed(const registry::NodeRows& rows, core::TimePoint now) {
  if (!local_.set(rows, names_) || phase_ == Phase::kLeaving) {
    return;
  }
  for (auto& [id, link] : links_) {
    want(link);
    push(link, now);
  }
}

void Mesh::rights_changed(core::TimePoint now) {
  if (phase_ == Phase::kLeaving) {
    return;
  }
  local_.touch();
  for (auto& [id, link] : links_) {
    link.shown.clear();
    want(link);
    push(link, now);
  }
  for (const auto& [node, peer] : peers_) {
    if (peer.announced && peer.state != PeerState::kLost) {  // else when it is linked again
      hand_over(peer);
    }
  }
}

void Mesh::want(Link& link) {
  link.out.want(link.shown.of(local_.view(link.common),
                              [&](const core::NetworkId& network, wire::ServiceEntry& row) {
                                return port_.show(link.info.node, network, row);
                              }),
                local_.version());
}

void Mesh::networks_changed(const registry::NodeRows& rows, core::TimePoint now) {
  local_.set(rows, names_);
  book_.reconsider(now);
  for (const LinkId id : link_ids()) {
    Link& link = links_.at(id);
    join_networks(link);
    if (link.common.empty()) {
      cut(id, core::fail(Errc::kNoCommonNetwork, link.info.address), now);
      continue;
    }
    push(link, now);
    ask_resync(link, now);  // rows of what we had not joined were thrown away
  }
}

void Mesh::join_networks(Link& link) {
  link.common = common_networks(link.info);
  want(link);
}

bool Mesh::send(Link& link, SyncType type, core::Bytes body, core::TimePoint now) {
  if (!port_.send_control(link.id, type, std::move(body))) {
    return false;
  }
  link.spoke = now;
  return true;
}

void Mesh::push(Link& link, core::TimePoint now) {
  const auto give = [&](core::Bytes body) {
    return send(link, SyncType::kRows, std::move(body), now);
  };
  const std::size_t oversized = link.out.oversized();
  link.retry = link.out.pump(give) ? core::kNever : now + settings_.retry_send;
  arm(link.retry);
  if (link.out.oversized() > oversized) {
    log_.error(
        "this node's rows are too many to be told to its peers",
        {core::field("bytes", link.out.oversized()), core::field("limit", settings_.update_bytes)});
  }
}

void Mesh::writable(LinkId id, core::TimePoint now) {
  const auto found = links_.find(id);
  if (found != links_.end() && found->second.retry != core::kNever) {
    push(found->second, now);
  }
}

// Sends what is owed to the peer, at least a sign of life.
void Mesh::tick_link(Link& link, core::TimePoint now) {
  if (link.retry <= now) {
    push(link, now);
  }
  if (link.owes_draining && send(link, SyncType::kDraining, wire::empty_body(), now)) {
    link.owes_draining = false;
  }
  if (link.owes_keys && tell_keys(link, now)) {
    link.owes_keys = false;
  }
  if (link.owes_snapshot) {
    answer_resync(link, now);
  }
  if (now >= link.spoke + settings_.heartbeat) {
    send(link, SyncType::kHeartbeat, wire::encode(wire::Heartbeat{link.out.sent_version()}), now);
  }
  const core::TimePoint soon = now + settings_.retry_send;
  arm(link.heard + settings_.silence);
  arm(link.retry);
  arm(link.owes_draining || link.owes_keys ? soon
                                           : std::max(soon, link.spoke + settings_.heartbeat));
}

void Mesh::tick_exchange(core::TimePoint now) {
  if (exchange_.expiry() > now) {
    return;
  }
  std::vector<Known> known;
  for (const auto& [node, peer] : peers_) {
    if (!peer.links.empty()) {
      const Link& link = links_.at(peer.links.back());
      const auto address = wire::Address::parse(link.info.address);
      known.push_back(
          {link.id, node, link.info.networks, address && address->loopback(), addresses_of(link)});
    }
  }
  for (const Exchange::Message& message : exchange_.due(known, now)) {
    send(links_.at(message.link), SyncType::kPeers, wire::encode(message.hints), now);
  }
}

void Mesh::remember_addresses(Peer& peer, const Link& link, core::TimePoint now) {
  auto addresses = addresses_of(link);
  if (addresses != peer.addresses) {
    book_.told(peer.node, texts(addresses));
    exchange_.changed(peer.node, now);
    peer.addresses = std::move(addresses);
  }
}

// Where the peer may be dialled: as it says itself, and as we see it.
std::vector<wire::Address> Mesh::addresses_of(const Link& link) const {
  std::vector<wire::Address> addresses = peers_.at(link.info.node).rows.addresses();
  while (addresses.size() >= wire::kMaxHintAddresses) {
    addresses.pop_back();
  }
  const auto observed = wire::Address::parse(link.info.address);
  if (observed && std::find(addresses.begin(), addresses.end(), *observed) == addresses.end()) {
    addresses.push_back(*observed);
  }
  return addresses;
}

}  // namespace runard::mesh
