// RouteBuilder: keeps the tries of a RouteTable in step with rows that come and go, one row at a
// time.
//
// Not thread-safe: Registry holds its mutex.
#pragma once

#include <map>

#include "registry/route_table.h"
#include "registry/rows.h"

namespace runard::registry {

class RouteBuilder {
 public:
  // `seed`: see routing::RouteTrie.
  explicit RouteBuilder(std::uint64_t seed) : routes_(seed), events_(seed) {}

  // Adds the actions of a service that may be called now; remove_service() with the same row undoes
  // it. A row's pattern that is malformed (a newer peer's) is left out.
  void add_service(const ServiceRow& row, core::NodeId node, rpc::Handler& handler);
  void remove_service(const ServiceRow& row, core::NodeId node);
  void add_subscription(const SubscriptionRow& row, core::NodeId node);
  void remove_subscription(const SubscriptionRow& row, core::NodeId node);

  std::shared_ptr<const RouteTable> table();

 private:
  using Providers = std::vector<Provider>;
  using Subscribers = std::vector<std::pair<core::NodeId, std::string>>;  // node, group
  void put_route(const routing::TopicPattern& pattern);
  void put_event(const routing::TopicPattern& pattern);

  std::map<routing::TopicPattern, Providers> providers_;
  std::map<routing::TopicPattern, Subscribers> subscribers_;
  RouteTable::Routes routes_;
  RouteTable::Events events_;
};

}  // namespace runard::registry
