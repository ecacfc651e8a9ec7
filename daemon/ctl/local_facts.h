// What a daemon knows of the services of its own node besides what it tells other nodes: health,
// restarts, and how long their actions take.
#pragma once

#include <boost/json.hpp>

#include "ctl/session.h"

namespace runard::ctl {

class LocalFacts {
 public:
  // Asks the daemon; without an answer there are no facts.
  explicit LocalFacts(Session& session);
  // Into a row of service_rows() of this node: health, health_reason, restarts, stuck, in_flight,
  // events_lost, last_error; and into its actions, as add_to_action().
  void add_to_service(boost::json::object& row) const;
  // Into a row of action_rows() of this node: requests, failures, p50_ns, p99_ns.
  void add_to_action(boost::json::object& row) const;

 private:
  const boost::json::object* find(std::string_view network, std::string_view path) const;
  boost::json::array services_;
};

// For people: p50 and p99 in place of p50_ns and p99_ns; "-" before the first answer.
void show_latency(boost::json::object& action);
// "running (degraded: the disk is full)"
void show_health(boost::json::object& service);

}  // namespace runard::ctl
