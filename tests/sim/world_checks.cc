// What must hold in a World, whatever went wrong in it.
#include <fmt/format.h>

#include <algorithm>

#include "sim/world.h"

namespace runard::sim {
namespace {

using std::chrono::milliseconds;

// Silence, then grace, then what was under way.
constexpr Duration kGhostLimit = milliseconds(3500 + 1000 + 300);

bool contains(core::ByteView bytes, std::string_view text) {
  return core::as_text(bytes).find(text) != std::string_view::npos;
}

bool has_network(const Names& names, std::size_t network) {
  return names.joined.contains(network);
}

}  // namespace

// No network's name is ever sent, and no row of a network that the receiver is not a member of.
void World::check_frame(std::size_t to, core::ByteView body) {
  if (body.size() >= 64 * 1024) {
    fail("a control frame of 64 KiB or more");
  }
  for (std::size_t network = 0; network < kNetworks.size(); ++network) {
    if (contains(body, kNetworks[network])) {
      fail(fmt::format("the name of {} was sent", kNetworks[network]));
    }
    if (!has_network(nodes_[to]->names, network) && contains(body, kPathTags[network])) {
      fail(fmt::format("a row of {} was sent to node {}", kNetworks[network], to));
    }
  }
}

// Nobody shows rows of a run that ended long ago.
void World::check_ghosts() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& observer = *nodes_[i];
    const bool awake = observer.mesh != nullptr && observer.frozen_until <= now_;
    for (std::size_t j = 0; awake && j < nodes_.size(); ++j) {
      const Node& other = *nodes_[j];
      const auto rows = observer.port->rows.find(other.id);
      if (rows == observer.port->rows.end() ||
          (other.mesh != nullptr && rows->second.epoch == other.epoch)) {
        continue;
      }
      // A node that stood still could not notice, and is right to wait again afterwards.
      const TimePoint since = std::max(other.stopped, observer.thawed);
      if (now_ - since > kGhostLimit) {
        fail(fmt::format("node {} shows rows of node {} {} ms after its end", i, j,
                         (now_ - since) / milliseconds(1)));
      }
    }
  }
}

bool World::share_a_network(std::size_t a, std::size_t b) const {
  const auto& joined = nodes_[a]->names.joined;
  return std::any_of(joined.begin(), joined.end(),
                     [&](std::size_t network) { return has_network(nodes_[b]->names, network); });
}

registry::NodeRows World::expected_rows(std::size_t of, std::size_t seen_by) const {
  const Node& node = *nodes_[of];
  const auto common = [&](const std::string& network) {
    const auto id = node.names.id(network);
    return id && nodes_[seen_by]->names.name(*id);
  };
  registry::NodeRows rows = node.rows;
  std::erase_if(rows.services, [&](const auto& row) { return !common(row.network); });
  std::erase_if(rows.subscriptions, [&](const auto& row) { return !common(row.network); });
  std::sort(rows.services.begin(), rows.services.end(), [](const auto& a, const auto& b) {
    return std::tie(a.network, a.path) < std::tie(b.network, b.path);
  });
  auto& subscriptions = rows.subscriptions;
  std::sort(subscriptions.begin(), subscriptions.end());
  subscriptions.erase(std::unique(subscriptions.begin(), subscriptions.end()), subscriptions.end());
  rows.name = fmt::format("node-{}", of);
  rows.epoch = node.epoch;
  return rows;
}

// Once all is quiet, everybody knows exactly those who live and share a network, as they are.
void World::check_converged() {
  for (std::size_t i = 0; i < nodes_.size() && failures_.empty(); ++i) {
    const Node& observer = *nodes_[i];
    for (std::size_t j = 0; observer.mesh != nullptr && j < nodes_.size(); ++j) {
      const Node& other = *nodes_[j];
      const bool visible = i != j && other.mesh != nullptr && share_a_network(i, j);
      const auto found = observer.port->rows.find(other.id);
      const bool attached = observer.port->attached.contains(other.id);
      if ((found != observer.port->rows.end()) != visible || attached != visible) {
        fail(fmt::format("node {} and node {}: {}, but {}{}", i, j,
                         visible ? "should see it" : "should not see it",
                         found != observer.port->rows.end() ? "has rows" : "has no rows",
                         attached ? ", is attached" : ""));
        continue;
      }
      if (!visible) {
        continue;
      }
      registry::NodeRows expected = expected_rows(j, i);
      expected.version = found->second.version;
      if (found->second != expected) {
        fail(fmt::format("node {} has other rows of node {} than that node", i, j));
      }
      const auto pipe = pipes_.find(observer.port->attached.at(other.id));
      if (pipe == pipes_.end() || pipe->second.ends[end_of(pipe->second, j)].node != j) {
        fail(fmt::format("node {} is attached to node {} over a dead link", i, j));
      }
    }
  }
}

void World::fail(std::string what) {
  failures_.push_back(fmt::format(
      "{} ms: {}", (now_.time_since_epoch() - std::chrono::hours(1)) / milliseconds(1), what));
}

}  // namespace runard::sim
