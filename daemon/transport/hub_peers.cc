// One link a peer: what links tell the hub, and which of two stays.
#include <algorithm>
#include <tuple>
#include <utility>

#include "transport/hub.h"

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

namespace {

// How loud the log says that no link was made. `count`: of this kind of refusal, this one included.
core::Level refusal_level(Errc code, std::uint64_t count) {
  constexpr std::uint64_t kFirst = 16;
  constexpr std::uint64_t kThenEach = 64;
  if (code == Errc::kNoCommonNetwork) {  // nothing is wrong, and it may come again and again
    return count <= kFirst || count % kThenEach == 0 ? core::Level::kInfo : core::Level::kDebug;
  }
  const bool news = core::info(code).kind == core::Kind::kDenied ||
                    code == Errc::kVersionMismatch || code == Errc::kOverloaded;
  return news ? core::Level::kWarn : core::Level::kDebug;
}

// What one link may add to the clock: more than a node dials in its life, and so little that nobody
// makes as many links as it takes until there is no greater number.
constexpr std::uint64_t kClockStep = 1ULL << 32;

}  // namespace

void Hub::on_own_cid(Link& link, const Cid& cid, bool valid) {
  if (valid) {
    cids_.add(cid, link.id());
  } else {
    cids_.remove(cid, link.id());
  }
}

void Hub::on_reset_token(Link& link, const ResetToken& token, bool valid) {
  if (valid) {
    tokens_.add(token, link.id());
  } else {
    tokens_.remove(token, link.id());
  }
}

// Not once more when nothing changed: it costs as much as the rest of the handshake.
core::Result<PeerIdentity> Hub::judge(const TlsSession& session) const {
  if (session.context() == connections_.tls.get()) {
    return *session.peer();
  }
  return session.judge_again(connections_.tls->verify());
}

core::Result<void> Hub::has_room(const Link& fresh) const {
  const auto links = [&](auto counts) {
    return static_cast<std::size_t>(std::ranges::count_if(slots_, [&](const Slot& slot) {
      return slot.link != nullptr && slot.link->alive() && slot.link->peer_known() &&
             counts(*slot.link);
    }));
  };
  const core::NodeId& node = fresh.peer().node;
  if (links([&](const Link& link) { return link.peer().node == node; }) > limits_.links_node) {
    return core::fail(Errc::kDuplicateLink, "too many links of one node");
  }
  if (by_node_.contains(node)) {
    return {};  // it takes the other one's place, or gives way
  }
  const std::size_t newcomers = links([&](const Link& link) {
    return link.state() == Link::State::kGreeting && !by_node_.contains(link.peer().node);
  });
  if (by_node_.size() + newcomers > limits_.links) {
    return core::fail(Errc::kOverloaded, "all links are in use");
  }
  return {};
}

bool Hub::better(Link& fresh, Link& old) const {
  const auto rank = [](const Link& link) {
    return std::tuple(link.peer_hello().epoch, link.generation());
  };
  if (rank(fresh) != rank(old)) {
    return rank(fresh) > rank(old);
  }
  const auto dialler = [&](const Link& link) {
    return link.is_server() ? link.peer().node : self_.id;
  };
  return dialler(fresh) < dialler(old);
}

void Hub::on_ready(Link& fresh) {
  lamport_ = std::max(lamport_, std::min(fresh.generation(), lamport_ + kClockStep));
  const LinkId id = fresh.id();
  const core::NodeId node = fresh.peer().node;
  const auto known = by_node_.find(node);
  Link* old = known == by_node_.end() ? nullptr : link(known->second);
  if (old != nullptr) {
    ++stats_.duplicates;
  }
  if (old != nullptr && !better(fresh, *old)) {
    fresh.retire();
    return end_dial(dialer_.succeeded(id), old->id());
  }
  by_node_[node] = id;
  fresh.go_up();
  announce(fresh);
  if (old != nullptr) {
    old->retire();
    touch(old->id());
  }
  end_dial(dialer_.succeeded(id), id);
}

void Hub::announce(Link& link) {
  slot(link.id())->announced = true;
  PeerInfo info;
  info.node = link.peer().node;
  info.name = link.peer().name;
  info.networks = link.networks();
  info.groups = link.peer().groups;
  info.labels = link.peer().labels;
  info.epoch = link.peer_hello().epoch;
  info.features = link.peer_hello().features;
  info.addresses = link.peer_hello().addresses;
  info.address = link.remote();
  info.dialled = !link.is_server();
  info.dial = dialer_.dial_of(link.id());
  info.not_after = link.peer().not_after;
  info.own_tls = link.own_tls();
  RemoteNode::Shared shared{exchange_, services_.clock, services_.names, services_.codec};
  services_.events.link_up(
      link.id(), info,
      std::make_shared<RemoteNode>(std::move(shared), link.id(), info.node, link.port()));
}

void Hub::on_control(Link& link, std::uint64_t frame_type, core::ByteView body) {
  if (!slot(link.id())->announced) {
    return;  // a link that lost before it was told of
  }
  services_.events.control(link.id(), frame_type, body);
}

// Once a link never came up, an operator wants to know why; but dead addresses and attempts that
// others outran are no news.
void Hub::tell_refusal(const Link& link, const core::Error& why) const {
  const core::ErrorInfo& row = core::info(why.code);
  const auto refused = stats_.refused.find(why.code);
  const core::Level level =
      refusal_level(why.code, refused == stats_.refused.end() ? 0 : refused->second);
  if (!services_.log.enabled(level)) {
    return;
  }
  services_.log.write(
      level, "no link was made",
      {core::field("address", link.remote().text()), core::field("dialled", !link.is_server()),
       core::field("peer", link.peer_known() ? link.peer().node.text() : ""),
       core::field("why", core::describe(why)), core::field("do", std::string(row.remedy))});
}

void Hub::on_down(Link& link, const core::Error& why) {
  const LinkId id = link.id();
  if (stopping_) {
    return touch(id);
  }
  Slot& down = *slot(id);
  settle(down);
  if (std::exchange(down.guest, false)) {
    touch(id);
    return services_.guests->guest_left(id);
  }
  if (!down.announced) {
    count_refusal(why.code);
    tell_refusal(link, why);
  }
  if (link.peer_known()) {
    const auto current = by_node_.find(link.peer().node);
    if (current != by_node_.end() && current->second == id) {
      by_node_.erase(current);
    }
  } else {
    ++stats_.handshakes_failed;
  }
  tokens_.remove_all(id);
  touch(id);
  const bool announced = down.announced;  // `down` may move below
  end_dial(dialer_.failed(dialer_.dial_of(id), id, why, now_), why);
  if (announced) {
    services_.events.link_down(id, why);
  }
}

// A request on one that drains may outlive the root of the certificate that was shown there. The
// link in its place is of the same node, denied or not.
Link& Hub::proof_of(Link& checked) {
  if (!checked.retiring()) {
    return checked;
  }
  const auto newer = by_node_.find(checked.peer().node);
  Link* place = newer == by_node_.end() ? nullptr : link(newer->second);
  return place != nullptr && place->alive() ? *place : checked;
}

std::vector<Hub::Refused> Hub::recheck(const PeerVerifier& verify, std::size_t from,
                                       std::size_t count) {
  std::vector<Refused> refused;
  for (std::size_t i = from; i < std::min(slots_.size(), from + count); ++i) {
    Link* checked = slots_[i].link.get();
    if (checked == nullptr || !checked->alive()) {
      continue;
    }
    if (const auto ok = checked->recheck(verify, proof_of(*checked)); !ok) {
      refused.push_back({checked->id(), checked->peer().node, ok.error()});
      count_refusal(ok.error().code);
      checked->close(CloseCode::kDenied, ok.error());
      touch(checked->id());
    }
  }
  return refused;
}

void Hub::count_refusal(Errc code) {
  if (core::info(code).kind == core::Kind::kDenied) {
    ++stats_.refused[code];
  }
}

void Hub::close(LinkId id, const core::Error& why) {
  Link* closing = link(id);
  if (closing != nullptr) {
    closing->close(CloseCode::kNormal, why);
    touch(id);
  }
}

}  // namespace runard::transport
