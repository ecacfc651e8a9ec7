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
  if (!peers_.contains(link)) {
    return;
  }
  for (auto& [key, want] : wants_) {
    forget(want, link);
  }
  peers_.erase(link);
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
  if (!distrusted_.contains(peer.node)) {
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
  if (!news || !statements_->wanted(head.key, peer.common)) {
    return;
  }
  // What only the CA can make is never without room.
  const bool much = peer.wants >= settings_.wants_link;
  const bool room = wants_.contains(head.key) || wants_.size() < settings_.wants;
  if (head.key.kind >= kProfile && (much || !room)) {
    peer.told_more = peer.told_more || much;
    return;
  }
  Want& want = wants_[head.key];
  std::vector<Source>& sources = want.sources;
  drop(want, [link](const Source& source) { return source.link == link; });
  const auto after = std::ranges::find_if(
      sources, [&](const Source& source) { return source.generation < head.generation; });
  sources.insert(after, Source{link, head.generation});
  ++peer.wants;
  if (sources.size() > settings_.sources) {
    --peers_.at(sources.back().link).wants;
    sources.pop_back();
  }
}

template <class Gone>
void Gossip::drop(Want& want, Gone gone) {
  std::erase_if(want.sources, [&](const Source& source) {
    const bool goes = gone(source);
    peers_.at(source.link).wants -= goes ? 1 : 0;
    return goes;
  });
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
  arm(now);
  if (!peer.pulling) {  // not asked for, or too late
    return {};
  }
  const wire::StatementKey pulled = *peer.pulling;
  const auto taken = statements_->offer(*whole, peer.node);
  stats_.accepted += taken == Statements::Taken::kNews ? 1 : 0;
  stats_.refused += taken == Statements::Taken::kRefused ? 1 : 0;
  const bool refused = taken == Statements::Taken::kRefused;
  const bool less = statements_->generation(pulled).value_or(0) < peer.promised;
  if (less && !refused && std::exchange(peer.late, false)) {
    return {};  // what was given up before this was asked for
  }
  peer.pulling.reset();
  if (const auto want = wants_.find(pulled); want != wants_.end()) {
    forget(want->second, link);
  }
  if (refused || (less && taken != Statements::Taken::kNothing)) {
    distrust(core::NodeId(peer.node), now);
  }
  return {};
}

// What it told of goes too: it is asked for that again when it is trusted again.
void Gossip::distrust(const core::NodeId& node, core::TimePoint now) {
  distrusted_[node] = now + settings_.distrust;
  arm(now + settings_.distrust);
  for (auto& [link, peer] : peers_) {
    if (peer.node != node) {
      continue;
    }
    peer.pulling.reset();
    for (auto& [key, want] : wants_) {
      forget(want, link);
    }
  }
}

void Gossip::forget(Want& want, LinkId link) {
  drop(want, [link](const Source& source) { return source.link == link; });
  if (want.asked == link) {
    want.asked = 0;
    want.last = peers_.at(link).node;
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
  distrusted_.clear();
  for (auto& [link, peer] : peers_) {
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
    if (key.kind >= kProfile) {
      profile_missing(want.asked);
    } else {
      distrust(core::NodeId(peers_.at(want.asked).node), now);
    }
  }
  for (auto at = distrusted_.begin(); at != distrusted_.end();) {
    if (now < at->second) {
      arm(at->second);
      ++at;
      continue;
    }
    for (auto& [link, peer] : peers_) {
      peer.asks_heads = peer.asks_heads || peer.node == at->first;
    }
    at = distrusted_.erase(at);
  }
}

// Where profiles have no room those go that have ended: who told of one and has it no more is no
// liar. It says anew which it has.
void Gossip::profile_missing(LinkId link) {
  Peer& peer = peers_.at(link);
  peer.pulling.reset();
  peer.late = true;
  peer.asks_heads = true;
  for (auto& [key, want] : wants_) {
    if (key.kind >= kProfile) {
      forget(want, link);
    }
  }
}

// Nothing is lacking any more that is held here.
void Gossip::tidy() {
  for (auto& [key, want] : wants_) {
    const auto own = statements_->generation(key);
    drop(want, [own](const Source& source) { return own && source.generation <= *own; });
  }
  std::erase_if(wants_, [](const auto& entry) {
    return entry.second.sources.empty() && entry.second.asked == 0;
  });
  for (auto& [link, peer] : peers_) {
    if (peer.told_more && peer.wants == 0) {
      peer.told_more = false;
      peer.asks_heads = true;
    }
  }
}

// Asks for what is lacking.
void Gossip::pull(core::TimePoint now) {
  tidy();
  for (auto& [key, want] : wants_) {
    if (want.asked == 0 && !ask(key, want, now)) {
      return;
    }
  }
}

// Who says to have newer roots is asked for nothing else before they came, since they decide what
// can be proven; others are: a promise of one peer holds up no other. Who was asked last and went
// away comes last, whatever it promises on its next link.
const Gossip::Source* Gossip::choose(const wire::StatementKey& key, const Want& want) const {
  const auto roots = wants_.find(wire::StatementKey{kTrust, {}});
  const bool coming = key.kind != kTrust && roots != wants_.end() && roots->second.asked != 0;
  const Source* second = nullptr;
  for (const Source& source : want.sources) {
    const Peer& peer = peers_.at(source.link);
    const bool waits = coming && std::ranges::find(roots->second.sources, source.link,
                                                   &Source::link) != roots->second.sources.end();
    if (peer.pulling || waits) {
      continue;
    }
    if (peer.node != want.last) {
      return &source;
    }
    second = second == nullptr ? &source : second;
  }
  return second;
}

// False: nothing more can be asked for now.
bool Gossip::ask(const wire::StatementKey& key, Want& want, core::TimePoint now) {
  const Source* source = choose(key, want);
  if (source == nullptr) {
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
  if (!port_.send_control(source->link, SyncType::kStatementPull, wire::encode(std::vector{key}))) {
    arm(now + settings_.retry_send);
    return false;
  }
  if (key.kind >= kProfile) {
    pace_.take(key, now);
  }
  want.asked = source->link;
  want.give_up = now + settings_.timeout;
  Peer& peer = peers_.at(source->link);
  peer.pulling = key;
  peer.promised = source->generation;
  arm(want.give_up);
  return true;
}

}  // namespace runard::mesh
