#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace runard::registry {
namespace {

using core::Errc;

// Patterns of two services clash when neither mount is longer: then nothing would tell whose the
// action is.
bool same_depth(std::string_view a, std::string_view b) {
  return std::count(a.begin(), a.end(), '/') == std::count(b.begin(), b.end(), '/');
}

bool is_at_or_above(std::string_view mount, std::string_view path) {
  return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

bool has_action(const ServiceRow& row, std::string_view path) {
  const auto mount = routing::TopicPath::parse(row.path, row.network);
  return mount && std::any_of(row.actions.begin(), row.actions.end(), [&](const auto& action) {
           const auto pattern = routing::TopicPattern::parse_below(*mount, action.pattern);
           return pattern && pattern->matches_path(path);
         });
}

bool is_routed(const NodeRows& node, const ServiceRow& row) {
  return row.state == ServiceState::kRunning && !node.draining;
}

// A member of a group that stops would take an event away from those that stay.
bool is_routed(const NodeRows& node, const SubscriptionRow& row) {
  return row.group.empty() || !node.draining;
}

Errc hindrance(const NodeRows& node, const ServiceRow& row) {
  switch (row.state) {
    case ServiceState::kPaused:
      return Errc::kServicePaused;
    case ServiceState::kStopping:
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kQuarantined:
      return Errc::kServiceStopping;
    default:
      return node.draining ? Errc::kDraining : Errc::kNoEndpoint;
  }
}

}  // namespace

std::string_view state_text(ServiceState state) {
  constexpr std::string_view kNames[] = {"created", "initialized", "starting",
                                         "running", "paused",      "stopping",
                                         "stopped", "failed",      "quarantined"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view state_text(const NodeRows& node, const ServiceRow& row) {
  return node.draining && row.state == ServiceState::kRunning ? "draining" : state_text(row.state);
}

Registry::Registry(std::string name, std::vector<std::string> networks, std::uint64_t seed)
    : networks_(std::move(networks)), routes_(seed) {
  self_.name = std::move(name);
  publish_locked();
}

void Registry::publish_locked() {
  snapshot_.publish(routes_.table());
  for (const auto& [pattern, node] : routes_.take_left_out()) {
    const auto remote = remotes_.find(node);
    log_.warn("a provider gets only calls that name its node: its schemas are not those in use",
              {core::field("network", pattern.network()), core::field("action", pattern.pattern()),
               core::field("node", remote == remotes_.end() ? "" : remote->second.rows.name),
               core::field("id", node.text()),
               core::field("do",
                           "give all nodes the same version of the plugin, or mount the "
                           "new one at another path")});
  }
}

void Registry::set_self(core::NodeId self, std::uint64_t epoch,
                        std::vector<std::string> addresses) {
  const std::lock_guard lock(mutex_);
  self_.node = self;
  self_.epoch = epoch;
  self_.addresses = std::move(addresses);
}

void Registry::set_other_name(std::string name) {
  const std::lock_guard lock(mutex_);
  other_name_ = std::move(name);
}

core::Result<void> Registry::check_locked(const ServiceRow& row) const {
  const auto mount = routing::TopicPath::parse(row.path, row.network);
  if (!mount) {
    return mount.error();
  }
  if (mount->is_system()) {
    return core::fail(Errc::kReservedPath,
                      fmt::format("{}: paths that begin with $ belong to the system", row.path));
  }
  if (std::find(networks_.begin(), networks_.end(), mount->network()) == networks_.end()) {
    return core::fail(Errc::kDenied,
                      fmt::format("this node is not a member of network \"{}\"", mount->network()));
  }
  std::set<routing::TopicPattern> own;
  for (const ActionRow& action : row.actions) {
    auto pattern = routing::TopicPattern::parse_below(*mount, action.pattern);
    if (!pattern) {
      return pattern.error();
    }
    if (!own.insert(*pattern).second) {
      return core::fail(Errc::kDuplicatePath,
                        fmt::format("{} is registered twice by {}", pattern->text(), row.path));
    }
  }
  for (const auto& [key, local] : local_) {
    if (key == Key(row.network, row.path) || key.first != row.network ||
        !same_depth(key.second, row.path)) {
      continue;
    }
    const auto other = routing::TopicPath::parse(local.row.path, local.row.network);
    for (const ActionRow& action : local.row.actions) {
      const auto pattern = routing::TopicPattern::parse_below(*other, action.pattern);
      if (pattern && own.contains(*pattern)) {
        return core::fail(Errc::kDuplicatePath,
                          fmt::format("{} is registered already by the service at {}",
                                      pattern->text(), key.second));
      }
    }
  }
  return {};
}

void Registry::set_routes_locked(const Local* before, const Local* after) {
  const auto callable = [](const Local* l) {
    return l != nullptr && l->endpoint != nullptr &&
           (l->row.state == ServiceState::kRunning || l->row.state == ServiceState::kPaused);
  };
  if (callable(before) && callable(after) && before->row.actions == after->row.actions &&
      before->endpoint == after->endpoint) {
    return;  // a paused service keeps its routes: its callers hear "paused", or go to another
             // provider
  }
  if (callable(before)) {
    routes_.remove_service(before->row, {});
  }
  if (callable(after)) {
    routes_.add_service(after->row, {}, *after->endpoint);
  }
  publish_locked();
}

core::Result<void> Registry::put_local(const ServiceRow& row, rpc::Handler* endpoint) {
  const std::lock_guard order(listener_mutex_);
  std::unique_lock lock(mutex_);
  if (auto checked = check_locked(row); !checked) {
    return checked;
  }
  Local& local = local_[Key(row.network, row.path)];
  const Local before = std::exchange(local, {row, endpoint});
  set_routes_locked(&before, &local);
  local_changed(lock);
  return {};
}

void Registry::remove_local(std::string_view network, std::string_view path) {
  const std::lock_guard order(listener_mutex_);
  std::unique_lock lock(mutex_);
  const auto at = local_.find(Key(network, path));
  if (at == local_.end()) {
    return;
  }
  const Local before = std::move(at->second);
  local_.erase(at);
  set_routes_locked(&before, nullptr);
  local_changed(lock);
}

void Registry::put_system(const ServiceRow& row, rpc::Handler& endpoint) {
  const std::lock_guard lock(mutex_);
  local_[Key(row.network, row.path)] = {row, &endpoint};
  routes_.add_service(row, {}, endpoint);
  publish_locked();
}

void Registry::add_subscription(const SubscriptionRow& row) {
  const std::lock_guard order(listener_mutex_);
  std::unique_lock lock(mutex_);
  if (++subscriptions_[row] == 1) {
    local_changed(lock);
  }
}

void Registry::remove_subscription(const SubscriptionRow& row) {
  const std::lock_guard order(listener_mutex_);
  std::unique_lock lock(mutex_);
  const auto at = subscriptions_.find(row);
  if (at != subscriptions_.end() && --at->second == 0) {
    subscriptions_.erase(at);
    local_changed(lock);
  }
}

void Registry::drain() {
  const std::lock_guard lock(mutex_);
  self_.draining = true;
}

void Registry::local_changed(std::unique_lock<std::mutex>& lock) {
  ++self_.version;
  if (!listener_) {
    return;
  }
  const NodeRows rows = local_locked();
  lock.unlock();
  listener_(rows);
}

NodeRows Registry::local_locked() const {
  NodeRows rows = self_;
  for (const auto& [key, local] : local_) {
    if (!key.second.starts_with('$')) {
      rows.services.push_back(local.row);
    }
  }
  for (const auto& [row, count] : subscriptions_) {
    rows.subscriptions.push_back(row);
  }
  return rows;
}

void Registry::add_remote_locked(const Remote& remote) {
  for (const ServiceRow& row : remote.rows.services) {
    if (is_routed(remote.rows, row)) {
      routes_.add_service(row, remote.rows.node, *remote.link);
    }
  }
  for (const SubscriptionRow& row : remote.rows.subscriptions) {
    if (is_routed(remote.rows, row)) {
      routes_.add_subscription(row, remote.rows.node);
    }
  }
}

void Registry::remove_remote_locked(const Remote& remote) {
  for (const ServiceRow& row : remote.rows.services) {
    if (is_routed(remote.rows, row)) {
      routes_.remove_service(row, remote.rows.node);
    }
  }
  for (const SubscriptionRow& row : remote.rows.subscriptions) {
    if (is_routed(remote.rows, row)) {
      routes_.remove_subscription(row, remote.rows.node);
    }
  }
}

bool Registry::replace(const NodeRows& rows, rpc::Handler& link) {
  const std::lock_guard lock(mutex_);
  Remote& remote = remotes_[rows.node];
  if (remote.link != nullptr) {
    if (std::pair(rows.epoch, rows.version) < std::pair(remote.rows.epoch, remote.rows.version)) {
      return false;
    }
    remove_remote_locked(remote);
  }
  remote = {rows, &link};
  add_remote_locked(remote);
  publish_locked();
  return true;
}

void Registry::drop(core::NodeId node) {
  const std::lock_guard lock(mutex_);
  const auto at = remotes_.find(node);
  if (at == remotes_.end()) {
    return;
  }
  remove_remote_locked(at->second);
  remotes_.erase(at);
  publish_locked();
}

Errc Registry::why_nobody(routing::TopicView path) const {
  const std::lock_guard lock(mutex_);
  Errc why = Errc::kNoService;
  const auto look_at = [&](const NodeRows& node, const ServiceRow& row) {
    if (row.network != path.network || !is_at_or_above(row.path, path.path)) {
      return;
    }
    const bool known = why != Errc::kNoService && why != Errc::kNoAction;
    if (!has_action(row, path.path)) {
      why = known ? why : Errc::kNoAction;
      return;
    }
    const Errc its = hindrance(node, row);
    why = known && why != its ? Errc::kNoEndpoint : its;
  };
  for (const auto& [key, local] : local_) {
    look_at(self_, local.row);
  }
  for (const auto& [node, remote] : remotes_) {
    for (const ServiceRow& row : remote.rows.services) {
      look_at(remote.rows, row);
    }
  }
  return why;
}

bool Registry::has_subscription(const core::NodeId& node, const SubscriptionRow& row) const {
  const std::lock_guard lock(mutex_);
  const auto at = remotes_.find(node);
  if (at == remotes_.end()) {
    return false;
  }
  const auto& rows = at->second.rows.subscriptions;
  return std::find(rows.begin(), rows.end(), row) != rows.end();
}

core::NodeId Registry::self() const {
  const std::lock_guard lock(mutex_);
  return self_.node;
}

NodeRows Registry::local() const {
  const std::lock_guard lock(mutex_);
  return local_locked();
}

std::optional<core::NodeId> Registry::find_node(std::string_view name_or_id) const {
  const auto id = core::NodeId::parse(name_or_id);
  const auto is_it = [&](const NodeRows& rows) {
    return rows.name == name_or_id || (id && rows.node == *id);
  };
  const std::lock_guard lock(mutex_);
  if (is_it(self_) || (!other_name_.empty() && other_name_ == name_or_id)) {
    return self_.node;
  }
  std::optional<core::NodeId> found;
  for (const auto& [node, remote] : remotes_) {
    if (is_it(remote.rows) && (!found || node < *found)) {
      found = node;
    }
  }
  return found;
}

std::vector<NodeRows> Registry::nodes() const {
  const std::lock_guard lock(mutex_);
  std::vector<NodeRows> all = {local_locked()};
  for (const auto& [node, remote] : remotes_) {
    all.push_back(remote.rows);
  }
  std::sort(all.begin() + 1, all.end(), [](const NodeRows& a, const NodeRows& b) {
    return std::pair(a.name, a.node) < std::pair(b.name, b.node);
  });
  return all;
}

namespace {

bool serves(const ServiceRow& row, const ActionRow& action, routing::TopicView path) {
  if (row.network != path.network || !is_at_or_above(row.path, path.path)) {
    return false;
  }
  const auto mount = routing::TopicPath::parse(row.path, row.network);
  const auto pattern = mount ? routing::TopicPattern::parse_below(*mount, action.pattern)
                             : core::Result<routing::TopicPattern>(mount.error());
  return pattern && pattern->matches_path(path.path);
}

}  // namespace

std::string Registry::private_input(routing::TopicView path) const {
  std::string found;
  const auto look = [&](const ServiceRow& row) {
    for (const ActionRow& action : row.actions) {
      if (found.empty() && action.input_schema.find("\"x-runar-label\"") != std::string::npos &&
          serves(row, action, path)) {
        found = action.input_schema;
      }
    }
  };
  const std::lock_guard lock(mutex_);
  for (const auto& [key, local] : local_) {
    look(local.row);
  }
  for (const auto& [node, remote] : remotes_) {
    std::for_each(remote.rows.services.begin(), remote.rows.services.end(), look);
  }
  return found;
}

}  // namespace runard::registry
