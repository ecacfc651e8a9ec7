// Gate: the policy in force, and what it makes of everybody who is linked. Enforcement points ask
// it; node/ tells it who is there and what the rules are.
//
// Fails closed: of a node that it was not told of, everything is denied. This node itself may do
// everything until set_self() (a local-only node has no rules to keep).
//
// Threads: any. allows() and admit() take no lock and no memory while they say yes; set_policy(),
// set_self(), know() and forget() take a mutex and publish a new table: a decision is made by the
// old rules as a whole or by the new ones.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/log.h"
#include "policy/policy.h"
#include "routing/snapshot.h"

namespace runard::policy {

// What is said of a call or event that this node's own rules deny it, whether or not anybody would
// take it.
inline constexpr std::string_view kDeniedHere =
    "this node's rules of authorization do not permit it";

struct Stats {
  std::array<std::uint64_t, kActions> denied{};  // by action, asked by peers
  std::uint64_t denied_here = 0;                 // asked by this node's own services and operators
  std::uint64_t generation = 0;                  // counts the policies that were in force, from 1
  std::size_t rules = 0;
};

class Gate {
 public:
  Gate(std::shared_ptr<const Policy> policy, core::Log log);

  void set_policy(std::shared_ptr<const Policy> policy);
  void set_self(Subject self);
  // What its certificate says; of several links the newest.
  void know(Subject peer);
  void forget(const core::NodeId& peer);

  // Whether the peer may. Not counted and not logged: for filters.
  bool allows(const core::NodeId& peer, Action action, routing::TopicView topic) const;
  // The same for one attempt: a no is counted, and logged with peer, action, path and rule (the
  // log's own rate limit holds).
  bool admit(const core::NodeId& peer, Action action, routing::TopicView topic) const;
  // Whether this node itself may, by its own rules: an early answer, the other end decides.
  bool admit_self(Action action, routing::TopicView topic) const;
  // Rights::possible() of a peer, or of this node (zero).
  bool possible(const core::NodeId& peer, Action action, std::string_view network,
                std::string_view pattern) const;

  // For `auth can-i`: any subject, and the rule as text.
  struct Explained {
    bool allowed = false;
    std::string rule;
  };
  Explained explain(const Subject& subject, Action action, routing::TopicView topic) const;
  // Who is known by that id; none for a stranger.
  std::optional<Subject> subject(const core::NodeId& node) const;
  std::optional<Subject> self() const;
  // Every node that is known to be in the network, this one too, in no order.
  std::vector<Subject> members(std::string_view network) const;
  // Higher whenever the policy, or who is known, has changed: read it before what it is about.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  std::shared_ptr<const Policy> policy() const;
  Stats stats() const;

 private:
  struct Known {
    Subject subject;
    std::shared_ptr<const Rights> rights;
  };
  struct Table {
    std::shared_ptr<const Policy> policy;
    std::optional<Known> self;
    std::unordered_map<core::NodeId, Known> peers;
  };
  template <class Change>
  void change(Change change);
  void audit(const core::NodeId& peer, Action action, routing::TopicView topic,
             std::string_view rule) const;

  const core::Log log_;
  std::mutex mutex_;  // one writer at a time
  routing::Snapshot<Table> table_;
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> version_{1};
  mutable std::array<std::atomic<std::uint64_t>, kActions> denied_{};
  mutable std::atomic<std::uint64_t> denied_here_{0};
};

}  // namespace runard::policy
