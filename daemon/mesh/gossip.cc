#include "mesh/gossip.h"

#include <algorithm>
#include <utility>

#include "wire/sync.h"

namespace runard::mesh {

using wire::SyncType;

namespace {

// Of identity::StatementKind.
constexpr std::uint64_t kTrust = 1;    // the root CAs
constexpr std::uint64_t kProfile = 4;  // any member can make these, as many as it likes

}  // namespace

void Gossip::link_up(LinkId link, const core::NodeId& node, std::vector<core::NetworkId> common,
                     core::TimePoint now) {
  if (statements_ == nullptr) {
    return;
  }
  Peer& peer = peers_.insert_or_assign(link, Peer(settings_.statement_bytes)).first->second;
  peer.node = node;
  peer.common = std::move(common);
  peer.serves = core::TokenBucket(settings_.burst, settings_.per_second);
  peer.owes_heads = true;
  if (round_ == core::kNever) {
    round_ = now + settings_.round;
  }
  arm(now);
}

void Gossip::link_down(LinkId link) {
  if (peers_.erase(link) == 0) {
    return;
  }
  for (auto& [key, want] : wants_) {
    forget(want, link);
  }
}

core::Result<void> Gossip::on_frame(LinkId link, SyncType type, core::ByteView body,
                                    core::TimePoint now) {
  const auto at = peers_.find(link);
  if (at == peers_.end()) {
    return {};
  }
  switch (type) {
    case SyncType::kStatementHeads:
      return on_heads(link, at->second, body, now);
    case SyncType::kStatementPull:
      return on_pulls(at->second, body, now);
    default:
      return on_chunk(link, at->second, body, now);
  }
}

core::Result<void> Gossip::on_heads(LinkId link, Peer& peer, core::ByteView body,
                                    core::TimePoint now) {
  const auto heads = wire::decode_statement_heads(body);
  if (!heads) {
    return heads.error();
  }
  for (const wire::StatementHead& head : *heads) {
    peer.trust = head.key.kind == kTrust ? head.generation : peer.trust;
  }
  if (now >= peer.distrusted) {
    for (const wire::StatementHead& head : *heads) {
      note(link, peer, head);
    }
    arm(now);
  }
  return {};
}

// Remembers who has what this node lacks; the newest first, one entry a link.
void Gossip::note(LinkId link, Peer& peer, const wire::StatementHead& head) {
  const auto own = statements_->generation(head.key);
  const bool news = !own || *own < head.generation;
  // What only the CA can make is never without room.
  const bool room =
      head.key.kind < kProfile || wants_.contains(head.key) || wants_.size() < settings_.wants;
  if (!news || !room || !statements_->wanted(head.key, peer.common)) {
    return;
  }
  std::vector<Source>& sources = wants_[head.key].sources;
  std::erase_if(sources, [link](const Source& source) { return source.link == link; });
  const auto after = std::ranges::find_if(
      sources, [&](const Source& source) { return source.generation < head.generation; });
  sources.insert(after, Source{link, head.generation});
  if (sources.size() > settings_.sources) {
    sources.pop_back();
  }
}

core::Result<void> Gossip::on_pulls(Peer& peer, core::ByteView body, core::TimePoint now) {
  const auto pulls = wire::decode_statement_pulls(body);
  if (!pulls) {
    return pulls.error();
  }
  peer.owes_heads = peer.owes_heads || pulls->empty();
  for (const wire::StatementKey& key : *pulls) {
    if (peer.asked.size() < wire::kMaxStatementPulls && statements_->wanted(key, peer.common)) {
      peer.asked.insert(key);
    }
  }
  arm(now);
  return {};
}

core::Result<void> Gossip::on_chunk(LinkId link, Peer& peer, core::ByteView body,
                                    core::TimePoint now) {
  const auto chunk = wire::decode_rows_chunk(body);
  if (!chunk) {
    return chunk.error();
  }
  const auto whole = peer.in.add(*chunk);
  if (!whole) {
    return whole.error();
  }
  if (whole->empty()) {
    return {};
  }
  ++stats_.received;
  const auto pulled = std::exchange(peer.pulling, std::nullopt);
  arm(now);
  if (!pulled) {  // not asked for, or too late
    return {};
  }
  if (const auto want = wants_.find(*pulled); want != wants_.end()) {
    forget(want->second, link);
  }
  switch (statements_->offer(*whole, peer.node)) {
    case Statements::Taken::kNews:
      ++stats_.accepted;
      break;
    case Statements::Taken::kNothing:
      break;
    case Statements::Taken::kRefused:
      ++stats_.refused;
      distrust(link, peer, now);
      break;
  }
  return {};
}

// What it told of goes too: it is asked for that again when it is trusted again.
void Gossip::distrust(LinkId link, Peer& peer, core::TimePoint now) {
  peer.distrusted = now + settings_.distrust;
  for (auto& [key, want] : wants_) {
    forget(want, link);
  }
}

void Gossip::forget(Want& want, LinkId link) {
  std::erase_if(want.sources, [link](const Source& source) { return source.link == link; });
  if (want.asked == link) {
    want.asked = 0;
  }
}

void Gossip::changed(const wire::StatementKey& key, core::TimePoint now) {
  for (auto& [link, peer] : peers_) {
    if (statements_->wanted(key, peer.common)) {
      peer.news.insert(key);
    }
  }
  arm(now);
}

void Gossip::trust_changed(core::TimePoint now) {
  for (auto& [link, peer] : peers_) {
    peer.distrusted = {};
    peer.asks_heads = true;
  }
  arm(now);
}

void Gossip::tick(core::TimePoint now) {
  if (next_ > now) {
    return;
  }
  next_ = core::kNever;
  if (statements_ == nullptr || peers_.empty()) {
    round_ = core::kNever;
    return;
  }
  if (round_ <= now) {  // mends what a refusal or a limit left out, one peer at a time
    auto at = peers_.upper_bound(round_at_);
    at = at == peers_.end() ? peers_.begin() : at;
    at->second.owes_heads = true;
    round_at_ = at->first;
    round_ = now + settings_.round;
    pace_.tidy(now);
  }
  arm(round_);
  expire(now);
  pull(now);
  pump(now);
}

void Gossip::expire(core::TimePoint now) {
  for (auto& [key, want] : wants_) {
    if (want.asked == 0) {
      continue;
    }
    if (now < want.give_up) {
      arm(want.give_up);
      continue;
    }
    Peer& peer = peers_.at(want.asked);
    peer.pulling.reset();
    distrust(want.asked, peer, now);
  }
  for (auto& [link, peer] : peers_) {
    if (peer.distrusted == core::TimePoint{}) {
      continue;
    }
    if (now < peer.distrusted) {
      arm(peer.distrusted);
    } else {
      peer.distrusted = {};
      peer.asks_heads = true;
    }
  }
}

// Asks for what is lacking. As long as newer roots are to be had nothing else is asked for: they
// decide what can be proven.
void Gossip::pull(core::TimePoint now) {
  std::erase_if(wants_, [this](const auto& entry) {
    const auto own = statements_->generation(entry.first);
    const auto& sources = entry.second.sources;
    return sources.empty() || (own && *own >= sources.front().generation);
  });
  for (auto& [key, want] : wants_) {
    if (want.asked == 0 && !ask(key, want, now)) {
      return;
    }
    if (want.asked != 0 && key.kind == kTrust) {
      return;
    }
  }
}

// False: nothing more can be asked for now.
bool Gossip::ask(const wire::StatementKey& key, Want& want, core::TimePoint now) {
  const auto free = std::ranges::find_if(want.sources, [&](const Source& source) {
    const Peer& peer = peers_.at(source.link);
    return !peer.pulling && now >= peer.distrusted;
  });
  if (free == want.sources.end()) {
    return true;
  }
  const core::TimePoint when = key.kind < kProfile ? now : pace_.ready(key, now);
  if (when > now) {
    arm(when);
    return true;
  }
  if (!pulls_.take(now)) {
    arm(pulls_.ready(now));
    return false;
  }
  if (!port_.send_control(free->link, SyncType::kStatementPull, wire::encode(std::vector{key}))) {
    arm(now + settings_.retry_send);
    return false;
  }
  if (key.kind >= kProfile) {
    pace_.take(key, now);
  }
  want.asked = free->link;
  want.give_up = now + settings_.timeout;
  peers_.at(free->link).pulling = key;
  arm(want.give_up);
  return true;
}

void Gossip::pump(core::TimePoint now) {
  for (auto& [link, peer] : peers_) {
    if (!serve(link, peer, now)) {
      arm(now + settings_.retry_send);
    }
  }
}

// False: the link can take no more now.
bool Gossip::serve(LinkId link, Peer& peer, core::TimePoint now) {
  if (peer.asks_heads) {
    if (!port_.send_control(link, SyncType::kStatementPull,
                            wire::encode(std::vector<wire::StatementKey>()))) {
      return false;
    }
    peer.asks_heads = false;
  }
  if (!tell(link, peer, now)) {
    return false;
  }
  while (!peer.sending.empty() || begin_transfer(peer, now)) {
    if (!send_chunks(link, peer)) {
      return false;
    }
  }
  return true;
}

bool Gossip::tell(LinkId link, Peer& peer, core::TimePoint now) {
  std::vector<wire::StatementHead> heads;
  const bool all =
      peer.owes_heads && (!peer.heads_told || now >= *peer.heads_told + settings_.every);
  if (all) {
    heads = statements_->heads(peer.common);
  } else {
    for (const wire::StatementKey& key : peer.news) {
      if (const auto generation = statements_->generation(key)) {
        heads.push_back({key, *generation});
      }
    }
  }
  for (std::size_t from = 0; from < heads.size(); from += wire::kMaxStatementHeads) {
    const std::size_t to = std::min(heads.size(), from + wire::kMaxStatementHeads);
    const std::vector<wire::StatementHead> part(heads.begin() + static_cast<std::ptrdiff_t>(from),
                                                heads.begin() + static_cast<std::ptrdiff_t>(to));
    if (!port_.send_control(link, SyncType::kStatementHeads, wire::encode(part))) {
      return false;
    }
  }
  peer.news.clear();
  if (all) {
    peer.owes_heads = false;
    peer.heads_told = now;
  } else if (peer.owes_heads) {
    arm(*peer.heads_told + settings_.every);
  }
  return true;
}

bool Gossip::begin_transfer(Peer& peer, core::TimePoint now) {
  while (!peer.asked.empty()) {
    if (!peer.serves.take(now)) {
      arm(peer.serves.ready(now));
      return false;
    }
    const core::Bytes* bytes = statements_->bytes(*peer.asked.begin());
    peer.asked.erase(peer.asked.begin());
    if (bytes != nullptr) {
      peer.sending = *bytes;
      peer.sent = 0;
      ++peer.transfers;
      ++stats_.sent;
      return true;
    }
  }
  return false;
}

bool Gossip::send_chunks(LinkId link, Peer& peer) {
  constexpr std::size_t kChunk = wire::RowsChunk::kMaxBody;
  const core::ByteView all = peer.sending;
  while (peer.sent < all.size()) {
    wire::RowsChunk chunk;
    chunk.update = peer.transfers;
    chunk.index = peer.sent / kChunk;
    chunk.count = (all.size() + kChunk - 1) / kChunk;
    chunk.body = all.subspan(peer.sent, std::min(kChunk, all.size() - peer.sent));
    if (!port_.send_control(link, SyncType::kStatement, wire::encode(chunk))) {
      return false;
    }
    peer.sent += chunk.body.size();
  }
  peer.sending.clear();
  return true;
}

}  // namespace runard::mesh
