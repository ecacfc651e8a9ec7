// Registry: who provides and who subscribes, on this node and on all others.
//
// It owns the rows; readers get immutable RouteTable snapshots. Every method may be called on any
// thread; writers take one mutex (control plane), table() takes none.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/log.h"
#include "core/result.h"
#include "registry/route_builder.h"
#include "routing/snapshot.h"

namespace runard::registry {

class Registry {
 public:
  // `networks`: those this node is a member of; the first is the default. `seed`: secret and
  // random.
  Registry(std::string name, std::vector<std::string> networks, std::uint64_t seed);

  // Who this node is in the mesh; a local-only node has no id.
  void set_self(core::NodeId self, std::uint64_t epoch, std::vector<std::string> addresses);
  // Told after each change of this node's own rows, in order, outside the mutex. Set before the
  // first change.
  void on_local_change(std::function<void(const NodeRows&)> listener) {
    listener_ = std::move(listener);
  }

  // This node. Puts the row, or replaces the one of that network and path. Its actions can be
  // called while it is running and `endpoint` is given. kDuplicatePath when another local service
  // has one of the patterns, kReservedPath for '$' paths, kBadTopic, kBadPattern: then nothing has
  // changed.
  core::Result<void> put_local(const ServiceRow& row, rpc::Handler* endpoint);
  void remove_local(std::string_view network, std::string_view path);
  // The system's own services: in no announcement.
  void put_system(const ServiceRow& row, rpc::Handler& endpoint);
  // Counted: two subscriptions of one kind are announced once.
  void add_subscription(const SubscriptionRow& row);
  void remove_subscription(const SubscriptionRow& row);
  // This node is about to stop: shown to those who ask; local calls go on.
  void drain();

  // Of what other nodes provide and this one does not use. Set before the first change.
  void set_log(core::Log log) { log_ = std::move(log); }
  // Other nodes. False: an older (epoch, version) than what is known, ignored. Of a draining node
  // no service is routed to, and no event goes to its members of groups.
  bool replace(const NodeRows& rows, rpc::Handler& link);
  void drop(core::NodeId node);

  routing::Snapshot<RouteTable>::Guard table() const { return snapshot_.read(); }
  // Why a path that leads nowhere does: kNoService, kNoAction, or what keeps its providers from
  // taking it: kServicePaused, kServiceStopping, kDraining when that is so for all of them, else
  // kNoEndpoint. Takes the mutex.
  core::Errc why_nobody(routing::TopicView path) const;
  // The input schema of the actions that serve the path, if it marks fields as private, else "".
  // Takes the mutex.
  std::string private_input(routing::TopicView path) const;
  // Whether that node has told of the subscription. Takes the mutex.
  bool has_subscription(const core::NodeId& node, const SubscriptionRow& row) const;
  core::NodeId self() const;
  // The node of that name or id, this one included; of several with one name the lowest id. Takes
  // the mutex.
  std::optional<core::NodeId> find_node(std::string_view name_or_id) const;
  // What peers call this node, where that is not its name: it is found by both.
  void set_other_name(std::string name);
  NodeRows local() const;
  std::vector<NodeRows> nodes() const;  // this one first
  const std::vector<std::string>& networks() const { return networks_; }

 private:
  struct Local {
    ServiceRow row;
    rpc::Handler* endpoint = nullptr;
  };
  struct Remote {
    NodeRows rows;
    rpc::Handler* link = nullptr;
  };
  using Key = std::pair<std::string, std::string>;  // network, path

  core::Result<void> check_locked(const ServiceRow& row) const;
  void set_routes_locked(const Local* before, const Local* after);
  void add_remote_locked(const Remote& remote);
  void remove_remote_locked(const Remote& remote);
  void publish_locked();
  NodeRows local_locked() const;
  void local_changed(std::unique_lock<std::mutex>& lock);

  const std::vector<std::string> networks_;
  core::Log log_;
  std::function<void(const NodeRows&)> listener_;
  std::mutex
      listener_mutex_;  // taken before mutex_ when this node's rows change: listeners hear in order
  mutable std::mutex mutex_;
  NodeRows self_;  // without services and subscriptions
  std::string other_name_;
  std::map<Key, Local> local_;
  std::map<SubscriptionRow, std::uint32_t> subscriptions_;
  std::unordered_map<core::NodeId, Remote> remotes_;
  RouteBuilder routes_;
  routing::Snapshot<RouteTable> snapshot_;
};

}  // namespace runard::registry
