#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace runard::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMostNodes = 16;

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

World::World(std::uint64_t seed) : random_(seed) {
  swarm_ = Swarm::choose(random_);
  make_nodes();
}

World::World(std::uint64_t seed, const Swarm& swarm) : random_(seed), swarm_(swarm) {
  make_nodes();
}

void World::make_nodes() {
  for (std::size_t i = 0; i < swarm_.nodes; ++i) {
    auto node = std::make_unique<Node>();
    random_.fill(node->id.bytes);
    node->id.bytes[15] = static_cast<std::uint8_t>(i);  // surely different
    for (std::size_t network = 0; !swarm_.one_network && network < kNetworks.size(); ++network) {
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
    for (std::size_t dead = 0; dead < swarm_.dead_addresses; ++dead) {
      nodes_[i]->static_peers.push_back(100 + dead);
    }
    for (std::size_t j = 0; j < swarm_.nodes; ++j) {
      // Without multicast everybody must be able to find everybody. The own address is there too.
      if (!swarm_.multicast || chance(4)) {
        nodes_[i]->static_peers.push_back(j);
      }
    }
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
  now_ = std::max(now_, end);
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

Duration World::time_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint begin = now_;
  while (!done() && now_ - begin < limit) {
    run_until(now_ + milliseconds(1));
  }
  return now_ - begin;
}

// Knows it and may call it.
bool World::sees(std::size_t observer, std::size_t other) const {
  if (!shows(observer, other)) {
    return false;
  }
  const SimPort& port = *nodes_[observer]->port;
  const core::NodeId& id = nodes_[other]->id;
  return port.attached.contains(id) && !port.rows.at(id).draining;
}

bool World::shows(std::size_t observer, std::size_t other) const {
  const SimPort* port = nodes_[observer]->port.get();
  return port != nullptr && port->rows.contains(nodes_[other]->id);
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
  node.beacon = std::make_unique<discovery::Beacon>(seconds(5), *node.random);
  if (swarm_.multicast) {
    node.beacon->start(now_);
    announce_later(index);
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

void World::leave(std::size_t index, Duration grace) {
  const std::uint64_t epoch = nodes_[index]->epoch;
  on_node(index, epoch, [this](Node& node) {
    node.leaving = true;
    node.mesh->drain(now_);
  });
  after(grace, [this, index, epoch] {
    on_node(index, epoch, [this](Node& node) { node.mesh->leave(now_); });
  });
}

void World::announce_later(std::size_t index) {
  at(nodes_[index]->beacon->expiry(), [this, index, epoch = nodes_[index]->epoch] {
    if (runs(index, epoch) && !nodes_[index]->leaving && nodes_[index]->beacon->take(now_)) {
      announce(index, nodes_[index]->beacon->asking());
      announce_later(index);
    }
  });
}

void World::announce(std::size_t from, bool asking) {
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == from || nodes_[to]->mesh == nullptr || blocked(from, to) || chance(10)) {
      continue;  // datagrams get lost
    }
    after(delay(),
          [this, from, to, asking, epoch = nodes_[from]->epoch, other = nodes_[to]->epoch] {
            on_node(to, other, [this, from, to, asking, epoch](Node& node) {
              const core::NodeId id = nodes_[from]->id;
              const bool fresh = std::exchange(node.heard[id], epoch) != epoch;
              node.mesh->seen(
                  {{address_of(from)}, id, mesh::HintSource::kMulticast, seconds(15), fresh}, now_);
              if (fresh || asking) {
                node.beacon->asked(now_);
                announce_later(to);
              }
            });
          });
  }
}

void World::change_rows(std::size_t index) {
  Node& node = *nodes_[index];
  if (node.mesh == nullptr || node.frozen_until > now_) {
    return;
  }
  // Now and then a row of a network that the node has not joined: it must go nowhere.
  const std::size_t network = below(kNetworks.size());
  auto& services = node.rows.services;
  auto& subscriptions = node.rows.subscriptions;
  const std::uint64_t what = below(6);
  if (what == 0 && !services.empty()) {
    services.erase(services.begin() + static_cast<std::ptrdiff_t>(below(services.size())));
  } else if (what == 1 && !services.empty()) {
    services[below(services.size())].state = static_cast<registry::ServiceState>(below(9));
  } else if (what == 2 && !services.empty()) {
    services[below(services.size())].actions.push_back(
        {fmt::format("act{}", below(1000)), {}, {}, {}, 0});
  } else if (what == 3 && !subscriptions.empty()) {
    subscriptions.erase(subscriptions.begin() +
                        static_cast<std::ptrdiff_t>(below(subscriptions.size())));
  } else if (what == 4) {
    subscriptions.push_back(
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

void World::record(std::uint64_t what) {
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(now_.time_since_epoch().count()), what}) {
    digest_ = (digest_ ^ word) * 0x100000001b3;
    digest_ ^= digest_ >> 29;
  }
}

}  // namespace runard::sim
