#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace runard::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMostNodes = 16;

std::string address_of(std::size_t node) {
  return fmt::format("10.0.0.{}:8889", node + 1);
}

}  // namespace

class World::NodePort final : public SimPort {
 public:
  NodePort(World& world, std::size_t node) : world_(world), node_(node) {}
  bool send_control(LinkId link, wire::SyncType type, core::Bytes body) override {
    return world_.send(node_, link, type, std::move(body));
  }
  void close(LinkId link, const core::Error&) override { world_.close(node_, link); }
  void dial(mesh::DialId dial, const std::vector<std::string>& addresses,
            const std::optional<core::NodeId>& expected) override {
    world_.dial(node_, dial, addresses, expected);
  }
  void news(mesh::PeerNews what, const core::NodeId& node) override {
    world_.record(node_ * 1000 + node.bytes[0] * 4U + static_cast<std::uint64_t>(what));
  }

 private:
  World& world_;
  std::size_t node_;
};

Swarm Swarm::choose(core::Random& random) {
  const auto coin = [&] { return random.below(2) == 0; };
  Swarm swarm;
  swarm.nodes = random.below(4) == 0 ? 3 + random.below(kMostNodes - 2) : 3 + random.below(4);
  swarm.multicast = coin();
  swarm.crashes = coin();
  swarm.leaves = coin();
  swarm.partitions = coin();
  swarm.one_way_cuts = coin();
  swarm.lost_links = coin();
  swarm.full_streams = coin();
  swarm.freezes = coin();
  swarm.big_rows = random.below(8) == 0;
  swarm.max_delay = milliseconds(1) * static_cast<Duration::rep>(1 + random.below(60));
  return swarm;
}

World::World(std::uint64_t seed) : random_(seed), swarm_(Swarm::choose(random_)) {
  for (std::size_t i = 0; i < swarm_.nodes; ++i) {
    auto node = std::make_unique<Node>();
    random_.fill(node->id.bytes);
    node->id.bytes[0] = static_cast<std::uint8_t>(i);
    std::swap(node->id.bytes[0], node->id.bytes[15]);
    for (std::size_t network = 0; network < kNetworks.size(); ++network) {
      if (network == 0 ? below(4) != 0 : below(2) == 0) {
        node->names.joined.insert(network);
      }
    }
    if (node->names.joined.empty()) {
      node->names.joined.insert(0);
    }
    nodes_.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < swarm_.nodes; ++i) {
    for (std::size_t j = 0; j < swarm_.nodes; ++j) {
      // Without multicast everybody must be able to find everybody; the node's own address and a
      // dead one are in the list too.
      if (!swarm_.multicast || chance(4)) {
        nodes_[i]->static_peers.push_back(j);
      }
    }
    nodes_[i]->static_peers.push_back(200);
  }
}

World::~World() = default;

std::vector<std::string> World::run(Duration faults, Duration quiet) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    after(below(seconds(2)), [this, i] { start(i); });
  }
  trouble(now_ + faults);
  const TimePoint end = now_ + faults + quiet;
  for (TimePoint when = now_; when < end; when += milliseconds(250)) {
    at(when, [this] { check_ghosts(); });
  }
  at(now_ + faults, [this] { heal(); });
  run_until(end);
  check_converged();
  return failures_;
}

// Time.

void World::at(TimePoint when, std::function<void()> run) {
  events_.push({when, ++order_, std::move(run)});
}

void World::run_until(TimePoint end) {
  while (!events_.empty() && events_.top().when <= end && failures_.empty()) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.when;
    event.run();
  }
}

void World::on_node(std::size_t index, std::uint64_t epoch, std::function<void(Node&)> run) {
  Node& node = *nodes_[index];
  if (!runs(index, epoch)) {
    return;
  }
  if (node.frozen_until > now_) {
    at(node.frozen_until, [this, index, epoch, run] { on_node(index, epoch, run); });
    return;
  }
  run(node);
  if (node.leaving && node.mesh->left()) {
    end_run(index);
    return;
  }
  tick_later(index);
}

void World::tick_later(std::size_t index) {
  Node& node = *nodes_[index];
  const TimePoint when = std::max(now_, node.mesh->expiry());
  if (when >= node.tick || when == core::kNever) {
    return;
  }
  node.tick = when;
  at(when, [this, index, epoch = node.epoch, when] {
    if (runs(index, epoch) && nodes_[index]->tick == when) {
      on_node(index, epoch, [this](Node& n) {
        n.tick = core::kNever;
        n.mesh->tick(now_);
      });
    }
  });
}

// Network.

bool World::runs(std::size_t node, std::uint64_t epoch) const {
  return nodes_[node]->mesh != nullptr && nodes_[node]->epoch == epoch;
}

void World::dial(std::size_t from, mesh::DialId dial, const std::vector<std::string>& addresses,
                 const std::optional<core::NodeId>& expected) {
  record(from * 77 + dial);
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

// Life of nodes.

void World::start(std::size_t index) {
  Node& node = *nodes_[index];
  if (node.mesh != nullptr) {
    return;
  }
  ++node.epoch;

  node.leaving = false;
  node.frozen_until = now_;
  node.tick = core::kNever;
  node.heard.clear();
  node.rows = {};
  node.rows.node = node.id;
  node.rows.addresses = {address_of(index)};
  node.port = std::make_unique<NodePort>(*this, index);
  node.random = std::make_unique<core::SeededRandom>(random_.next());
  node.mesh = std::make_unique<mesh::Mesh>(mesh::Mesh::Self{node.id, node.epoch}, mesh::Settings(),
                                           node.names, *node.port, *node.random, core::Log());
  record(index * 5 + node.epoch);
  on_node(index, node.epoch, [this](Node& n) {
    n.mesh->local_changed(n.rows, now_);
    for (const std::size_t peer : n.static_peers) {
      n.mesh->seen({{address_of(peer)}, {}, mesh::HintSource::kStatic, {}, false}, now_);
    }
  });
  for (std::uint64_t i = below(6); i > 0; --i) {
    change_rows(index);
  }
  if (swarm_.multicast) {
    announce(index, node.epoch, 0);
  }
}

// A crash, or the end of a leave: what the others notice is up to them.
void World::end_run(std::size_t index) {
  Node& node = *nodes_[index];
  if (node.mesh == nullptr) {
    return;
  }
  record(index * 5 + 2);
  node.mesh.reset();
  node.port.reset();
  node.stopped = now_;
}

void World::leave(std::size_t index) {
  on_node(index, nodes_[index]->epoch, [this](Node& node) {
    node.mesh->drain(now_);
    node.leaving = true;
    node.mesh->leave(now_);
  });
}

// At 0, 100, 300 and 700 ms, then every five seconds.
void World::announce(std::size_t from, std::uint64_t epoch, std::uint64_t count) {
  if (!runs(from, epoch) || nodes_[from]->leaving) {
    return;
  }
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from || nodes_[to]->mesh == nullptr || blocked(from, to) || chance(10)) {
      continue;  // datagrams get lost
    }
    after(delay(), [this, from, to, epoch, other = nodes_[to]->epoch] {
      on_node(to, other, [this, from, epoch](Node& node) {
        const core::NodeId id = nodes_[from]->id;
        const bool fresh = std::exchange(node.heard[id], epoch) != epoch;
        node.mesh->seen({{address_of(from)}, id, mesh::HintSource::kMulticast, seconds(15), fresh},
                        now_);
      });
    });
  }
  const Duration pause =
      count < 3 ? milliseconds(100) * (1 << count) : milliseconds(4500) + below(seconds(1));
  after(pause, [this, from, epoch, count] { announce(from, epoch, count + 1); });
}

void World::change_rows(std::size_t index) {
  Node& node = *nodes_[index];
  if (node.mesh == nullptr || node.leaving || node.frozen_until > now_) {
    return;
  }
  // Now and then a row of a network that the node has not joined: it must go nowhere.
  const std::size_t network = below(kNetworks.size());
  auto& services = node.rows.services;
  const std::uint64_t what = below(4);
  if (what == 0 && !services.empty()) {
    services.erase(services.begin() + static_cast<std::ptrdiff_t>(below(services.size())));
  } else if (what == 1 && !services.empty()) {
    services[below(services.size())].state = static_cast<registry::ServiceState>(below(9));
  } else if (what == 2) {
    node.rows.subscriptions.push_back(
        {kNetworks[network], fmt::format("{}/{}/>", kPathTags[network], below(1000)), ""});
  } else {
    registry::ServiceRow row;
    row.network = kNetworks[network];
    row.path = fmt::format("{}/{}", kPathTags[network], random_.next());
    row.state = registry::ServiceState::kRunning;
    row.actions.push_back({"act", std::string(swarm_.big_rows ? 150'000 : 10, 's'), "", "", 0});
    services.push_back(std::move(row));
  }
  on_node(index, node.epoch, [this](Node& n) { n.mesh->local_changed(n.rows, now_); });
}

// Trouble.

void World::trouble(TimePoint until) {
  if (now_ >= until) {
    return;
  }
  const std::size_t node = below(nodes_.size());
  const std::size_t other = (node + 1 + below(nodes_.size() - 1)) % nodes_.size();
  switch (below(8)) {
    case 0:
      if (swarm_.crashes) {
        end_run(node);
      }
      break;
    case 1:
      if (swarm_.leaves && nodes_[node]->mesh != nullptr && !nodes_[node]->leaving) {
        leave(node);
      }
      break;
    case 2:
      if (swarm_.partitions) {
        cut(node, other, true);
      }
      break;
    case 3:
      if (swarm_.one_way_cuts) {
        cut(node, other, false);
      }
      break;
    case 4:
      if (swarm_.lost_links && !pipes_.empty()) {
        const auto pipe =
            std::next(pipes_.begin(), static_cast<std::ptrdiff_t>(below(pipes_.size())));
        close(pipe->second.ends[below(2)].node, pipe->first);
      }
      break;
    case 5:
      if (swarm_.freezes && nodes_[node]->frozen_until < now_) {
        nodes_[node]->frozen_until = now_ + below(seconds(12));
        nodes_[node]->thawed = nodes_[node]->frozen_until;
      }
      break;
    case 6:
      start(node);
      break;
    default:
      change_rows(node);
  }
  after(below(seconds(1)), [this, until] { trouble(until); });
}

void World::cut(std::size_t a, std::size_t b, bool both) {
  cuts_.insert({a, b});
  if (both) {
    cuts_.insert({b, a});
  }
  after(below(seconds(20)), [this, a, b] { mend(a, b); });
}

// What was held up arrives now, if its sender still lives to send it again.
void World::mend(std::size_t a, std::size_t b) {
  cuts_.erase({a, b});
  cuts_.erase({b, a});
  for (auto& [id, pipe] : pipes_) {
    for (std::size_t end = 0; end < 2; ++end) {
      const End& from = pipe.ends[1 - end];
      if (blocked(from.node, pipe.ends[end].node)) {
        continue;
      }
      for (auto& hand_over : std::exchange(pipe.ends[end].waiting, {})) {
        if (runs(from.node, from.epoch)) {
          after(Duration(0), std::move(hand_over));
        }
      }
    }
  }
}

void World::heal() {
  quiet_ = true;
  record(999);
  while (!cuts_.empty()) {
    mend(cuts_.begin()->first, cuts_.begin()->second);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i]->frozen_until = std::min(nodes_[i]->frozen_until, now_);
    if (chance(3) && swarm_.crashes) {
      end_run(i);  // some never come back
    } else {
      after(below(seconds(1)), [this, i] { start(i); });
    }
  }
}

void World::record(std::uint64_t what) {
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(now_.time_since_epoch().count()), what}) {
    digest_ = (digest_ ^ word) * 0x100000001b3;
    digest_ ^= digest_ >> 29;
  }
}

}  // namespace runard::sim
