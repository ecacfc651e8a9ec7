// The part of Gossip that tells: heads, and the statements that peers ask for.
#include <algorithm>

#include "mesh/gossip.h"
#include "wire/sync.h"

namespace runard::mesh {

using wire::SyncType;

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
