// RouteBuilder: keeps the tries of a RouteTable in step with rows that come and go, one row at a
// time.
//
// Providers of one pattern have to mean the same by it (DESIGN section 4): those that tell of other
// schemas than the ones in use are left out, and get only what names their node as target. In use
// are this node's own, else those of most nodes; of as many, those that were, else the lowest
// node's. Who tells of none is taken.
//
// Not thread-safe: Registry holds its mutex.
#pragma once

#include <map>
#include <set>
#include <utility>

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
  // Who was left out for its schemas, and of what, since the last time; told once.
  using LeftOut = std::vector<std::pair<routing::TopicPattern, core::NodeId>>;
  LeftOut take_left_out() { return std::exchange(news_, {}); }

 private:
  struct Offer {
    Provider provider;
    std::uint64_t schemas = 0;  // a hash of both; 0: it tells of none
  };
  struct Offers {
    std::vector<Offer> all;
    std::uint64_t in_use = 0;
    std::vector<core::NodeId> left_out;
  };
  using Subscribers = std::vector<std::pair<core::NodeId, std::string>>;  // node, group
  void put_route(const routing::TopicPattern& pattern);
  static std::uint64_t schemas_to_use(const std::vector<Offer>& fit, std::uint64_t in_use);
  // Takes them out of `fit`, which is in order, and returns them.
  std::vector<Offer> leave_out(const routing::TopicPattern& pattern, Offers& offers,
                               std::vector<Offer>& fit);
  void put_event(const routing::TopicPattern& pattern);

  std::map<routing::TopicPattern, Offers> providers_;
  std::set<routing::TopicPattern> changed_;  // since the last table
  LeftOut news_;
  std::map<routing::TopicPattern, Subscribers> subscribers_;
  RouteTable::Routes routes_;
  RouteTable::Events events_;
};

}  // namespace runard::registry
