// Which link a datagram is for, and what becomes of those for none.
#include <openssl/crypto.h>

#include "transport/hub.h"

namespace runard::transport {
namespace {

constexpr std::size_t kMostWaiting = 256;  // handshake packets
constexpr std::size_t kMostStrays = 64;    // answers in one turn
constexpr std::uint8_t kLongHeader = 0x80;

}  // namespace

// A handshake step costs a thousand times what other packets do, so those wait and each turn takes
// one: peers that are connected notice little of a flood of strangers.
void Hub::datagram(const Datagram& datagram, core::TimePoint now) {
  now_ = now;
  ++stats_.datagrams_received;
  if (datagram.bytes.empty()) {
    return;
  }
  if ((datagram.bytes[0] & kLongHeader) == 0) {
    return route(datagram, now);
  }
  if (handshakes_.size() >= kMostWaiting || !welcome(datagram, now)) {
    ++stats_.initials_dropped;
    return;
  }
  handshakes_.push_back({core::Bytes(datagram.bytes.begin(), datagram.bytes.end()), datagram});
}

// Judged before it takes a place in the queue: one source must not fill it for all others. Packets
// for a link that is proved or was dialled bear an id that no stranger knows.
bool Hub::welcome(const Datagram& datagram, core::TimePoint now) {
  ngtcp2_version_cid ids;
  if (ngtcp2_pkt_decode_version_cid(&ids, datagram.bytes.data(), datagram.bytes.size(), kCidSize) ==
      0) {
    const Slot* known = slot(cids_.find(Cid::from(core::ByteView(ids.dcid, ids.dcidlen))));
    if (known != nullptr && !known->stranger) {
      return true;
    }
  }
  if (gate_.look_at(datagram.remote, now)) {
    return true;
  }
  if (flood_news_.take(now)) {
    services_.log.warn("too many handshake packets from one source, most are dropped",
                       {core::field("source", datagram.remote.text())});
  }
  return false;
}

void Hub::route(const Datagram& datagram, core::TimePoint now) {
  ngtcp2_version_cid ids;
  const int decoded =
      ngtcp2_pkt_decode_version_cid(&ids, datagram.bytes.data(), datagram.bytes.size(), kCidSize);
  if (decoded != 0 && decoded != NGTCP2_ERR_VERSION_NEGOTIATION) {
    ++stats_.datagrams_unknown;
    return;
  }
  if (decoded == NGTCP2_ERR_VERSION_NEGOTIATION) {
    return answer_stray(strays_.version_negotiation(ids, datagram.bytes.size(), now), datagram);
  }
  Link* target = link(cids_.find(Cid::from(core::ByteView(ids.dcid, ids.dcidlen))));
  if (target == nullptr) {
    return unknown(datagram, ids, now);
  }
  feed(*target, datagram, now);
}

void Hub::feed(Link& link, const Datagram& datagram, core::TimePoint now) {
  const LinkId id = link.id();
  switch (link.feed(datagram, now)) {
    case Link::Fed::kOk:
      return touch(id);
    case Link::Fed::kDrop:
      return forget(*slot(id));
    case Link::Fed::kRetry: {
      forget(*slot(id));
      ngtcp2_pkt_hd head;
      if (ngtcp2_accept(&head, datagram.bytes.data(), datagram.bytes.size()) == 0) {
        ++stats_.retries_sent;
        answer_stray(strays_.retry(head, datagram.remote, now), datagram);
      }
    }
  }
}

void Hub::unknown(const Datagram& datagram, const ngtcp2_version_cid& ids, core::TimePoint now) {
  if ((datagram.bytes[0] & kLongHeader) != 0) {
    return accept(datagram, now);
  }
  ++stats_.datagrams_unknown;
  if (datagram.bytes.size() >= NGTCP2_STATELESS_RESET_TOKENLEN + 5) {
    ResetToken token;
    const core::ByteView tail = datagram.bytes.last(token.size());
    std::copy(tail.begin(), tail.end(), token.begin());
    Link* target = link(tokens_.find(token));
    if (target != nullptr) {
      ++stats_.resets_received;
      target->on_reset(now);
      return;
    }
  }
  core::Bytes reset =
      strays_.reset(Cid::from(core::ByteView(ids.dcid, ids.dcidlen)), datagram, now);
  stats_.resets_sent += reset.empty() ? 0 : 1;
  answer_stray(std::move(reset), datagram);
}

void Hub::accept(const Datagram& datagram, core::TimePoint now) {
  ngtcp2_pkt_hd head;
  if (datagram.bytes.size() < NGTCP2_MAX_UDP_PAYLOAD_SIZE ||
      ngtcp2_accept(&head, datagram.bytes.data(), datagram.bytes.size()) != 0) {
    ++stats_.datagrams_unknown;
    return;
  }
  std::optional<Cid> original;
  if (head.tokenlen > 0) {
    original = strays_.check_token(head, datagram.remote, now);
  }
  // Attempts to dial are no links: hints of dead addresses would keep out who dials us.
  const std::size_t links = in_use_ - strangers_ - attempts_;
  switch (gate_.judge(datagram.remote, original.has_value(), links, now)) {
    case AcceptGate::Verdict::kAccept:
      return open_accepted(datagram, head, original, now);
    case AcceptGate::Verdict::kRetry:
      ++stats_.retries_sent;
      return answer_stray(strays_.retry(head, datagram.remote, now), datagram);
    case AcceptGate::Verdict::kDrop:
      ++stats_.initials_dropped;
      return;
  }
}

void Hub::open_accepted(const Datagram& datagram, const ngtcp2_pkt_hd& head,
                        std::optional<Cid> original, core::TimePoint now) {
  Accepting first;
  first.client_dcid = Cid::from(head.dcid);
  first.client_scid = Cid::from(head.scid);
  first.version = head.version;
  first.original = original;
  if (original) {
    first.token = {head.token, head.tokenlen};
  }
  Slot& opened = *open_slot();
  opened.source = datagram.remote;
  opened.half_open = opened.stranger = true;
  ++strangers_;
  gate_.opened(datagram.remote);
  Link& link = *opened.link;
  if (!link.accept(connections_, datagram.remote, first, now)) {
    return forget(opened);
  }
  // Until the client learns our id its packets bear the one that it made up.
  cids_.add(first.client_dcid, link.id());
  feed(link, datagram, now);
}

void Hub::answer_stray(core::Bytes bytes, const Datagram& to) {
  if (!bytes.empty() && outgoing_.size() < kMostStrays) {
    outgoing_.push_back({std::move(bytes), to.remote, to.local});
  }
}

}  // namespace runard::transport
