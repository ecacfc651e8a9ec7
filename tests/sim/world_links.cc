// What transports and the network between them do in a World: dials, links, frames, cuts.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/world.h"

namespace runard::sim {

using std::chrono::seconds;

bool World::runs(std::size_t node, std::uint64_t epoch) const {
  return nodes_[node]->mesh != nullptr && nodes_[node]->epoch == epoch;
}

void World::dial(std::size_t from, mesh::DialId dial, const std::vector<std::string>& addresses,
                 const std::optional<core::NodeId>& expected) {
  record(from * 77 + dial);
  ++dials_;
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    const bool named =
        std::find(addresses.begin(), addresses.end(), address_of(to)) != addresses.end();
    const bool answers = nodes_[to]->mesh != nullptr && nodes_[to]->frozen_until <= now_;
    if (!named || !answers || blocked(from, to) || blocked(to, from)) {
      continue;
    }
    const core::NodeId& who = nodes_[to]->id;
    if (to == from) {
      return answer_dial(from, dial, core::Errc::kSelfDial, who, delay());
    }
    if (expected && *expected != who) {
      return answer_dial(from, dial, core::Errc::kCertificateMismatch, who, delay());
    }
    if (!share_a_network(from, to)) {
      return answer_dial(from, dial, core::Errc::kNoCommonNetwork, who, delay());
    }
    after(delay() * 2,
          [this, from, to, dial, epoch = nodes_[from]->epoch, other = nodes_[to]->epoch] {
            if (runs(from, epoch) && runs(to, other)) {
              connect(from, to, dial);
            }
          });
    return;
  }
  answer_dial(from, dial, core::Errc::kDeadlineExceeded, {}, seconds(5));
}

void World::answer_dial(std::size_t from, mesh::DialId dial, core::Errc code,
                        std::optional<core::NodeId> who, Duration wait) {
  after(wait, [this, from, dial, code, who, epoch = nodes_[from]->epoch] {
    on_node(from, epoch, [this, dial, code, who](Node& node) {
      node.mesh->dial_failed(dial, core::fail(code, "sim"), who, now_);
    });
  });
}

// What a transport does when a handshake is done: of two links of a pair one stays.
void World::connect(std::size_t from, std::size_t to, mesh::DialId dial) {
  std::vector<LinkId> losers;
  for (const auto& [id, pipe] : pipes_) {
    const std::set<std::size_t> pair = {pipe.ends[0].node, pipe.ends[1].node};
    if (pair != std::set{from, to}) {
      continue;
    }
    if (!outdone(pipe, from, to)) {
      return answer_dial(from, dial, core::Errc::kDuplicateLink, nodes_[to]->id, delay());
    }
    losers.push_back(id);
  }
  const LinkId link = ++last_link_;
  Pipe& pipe = pipes_[link];
  pipe.ends[0] = {from, nodes_[from]->epoch, now_, {}};
  pipe.ends[1] = {to, nodes_[to]->epoch, now_, {}};
  record(link * 31 + from * 17 + to);
  pass(link, 0, [this, link, dial] { tell_up(link, 0, dial); });
  pass(link, 1, [this, link] { tell_up(link, 1, 0); });
  for (const LinkId loser : losers) {  // the new one comes up before the old one goes, or after
    after(delay(), [this, loser, from] { close(from, loser); });
    after(delay(), [this, loser, to] { close(to, loser); });
  }
}

// Newer run first, then the lower id's dial, then the newer link.
bool World::outdone(const Pipe& old, std::size_t from, std::size_t to) const {
  for (const End& end : old.ends) {
    if (!runs(end.node, end.epoch)) {
      return true;
    }
  }
  const bool old_by_lower = nodes_[old.ends[0].node]->id < nodes_[old.ends[1].node]->id;
  const bool new_by_lower = nodes_[from]->id < nodes_[to]->id;
  return old_by_lower == new_by_lower || new_by_lower;
}

void World::tell_up(LinkId link, std::size_t end, mesh::DialId dial) {
  const Pipe& pipe = pipes_.at(link);
  const End& here = pipe.ends[end];
  const Node& peer = *nodes_[pipe.ends[1 - end].node];
  mesh::PeerInfo info{peer.id,
                      fmt::format("node-{}", pipe.ends[1 - end].node),
                      {},
                      pipe.ends[1 - end].epoch,
                      address_of(pipe.ends[1 - end].node),
                      dial};
  for (const std::size_t network : peer.names.joined) {
    info.networks.push_back(network_id(network));
  }
  on_node(here.node, here.epoch,
          [this, link, info](Node& node) { node.mesh->link_up(link, info, now_); });
}

bool World::send(std::size_t from, LinkId link, wire::SyncType type, core::Bytes body) {
  const auto found = pipes_.find(link);
  if (found == pipes_.end()) {
    return true;  // closed by the other end, which is still to be told here
  }
  if (swarm_.full_streams && !quiet_ && chance(6)) {
    after(delay(), [this, from, link, epoch = nodes_[from]->epoch] {
      on_node(from, epoch, [this, link](Node& node) { node.mesh->writable(link, now_); });
    });
    return false;
  }
  const std::size_t to_end = 1 - end_of(found->second, from);
  const End& to = found->second.ends[to_end];
  check_frame(to.node, body);
  ++frames_;
  record(link * 131 + static_cast<std::uint64_t>(type) * 7 + body.size());
  pass(link, to_end,
       [this, link, type, sent = std::make_shared<const core::Bytes>(std::move(body)),
        node = to.node, epoch = to.epoch] {
         if (!runs(node, epoch) && nodes_[node]->mesh != nullptr) {
           return reset(link, node);
         }
         on_node(node, epoch, [this, link, type, sent](Node& n) {
           n.mesh->control(link, static_cast<std::uint64_t>(type), *sent, now_);
         });
       });
  return true;
}

void World::pass(LinkId link, std::size_t end_index, std::function<void()> hand_over) {
  End& end = pipes_.at(link).ends[end_index];
  end.last_arrival = std::max(end.last_arrival + Duration(1), now_ + delay());
  at(end.last_arrival, [this, link, end_index, hand_over = std::move(hand_over)] {
    const auto found = pipes_.find(link);
    if (found == pipes_.end()) {
      return;
    }
    End& to = found->second.ends[end_index];
    const End& from = found->second.ends[1 - end_index];
    if (blocked(from.node, to.node) || !to.waiting.empty()) {
      to.waiting.push_back(hand_over);
    } else {
      hand_over();
    }
  });
}

// A later run of the node knows nothing of the link, and QUIC tells the sender so.
void World::reset(LinkId link, std::size_t stranger) {
  const Pipe& pipe = pipes_.at(link);
  const End to = pipe.ends[1 - end_of(pipe, stranger)];
  if (blocked(stranger, to.node)) {
    return;
  }
  pipes_.erase(link);
  after(delay(), [this, link, to] {
    on_node(to.node, to.epoch, [this, link](Node& node) {
      node.mesh->link_down(link, core::fail(core::Errc::kLinkLost, "reset"), now_);
    });
  });
}

// The end that closes knows at once; the other one when the message gets through, or by silence.
void World::close(std::size_t from, LinkId link) {
  const auto found = pipes_.find(link);
  if (found == pipes_.end()) {
    return;
  }
  const End here = found->second.ends[end_of(found->second, from)];
  const End there = found->second.ends[1 - end_of(found->second, from)];
  const bool heard = !blocked(from, there.node);
  pipes_.erase(found);
  record(link * 3 + 1);
  const core::Error why = core::fail(core::Errc::kLinkLost, "closed");
  const auto tell = [this, link, why](const End& end, Duration wait) {
    after(wait, [this, link, why, end] {
      on_node(end.node, end.epoch,
              [this, link, why](Node& node) { node.mesh->link_down(link, why, now_); });
    });
  };
  tell(here, Duration(1));
  if (heard) {
    tell(there, delay() * 2);
  }
}

}  // namespace runard::sim
