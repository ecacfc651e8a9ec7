#include "policy/gate.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::policy {
namespace {

constexpr Decision kStranger{false, "unknown node"};

}  // namespace

Gate::Gate(std::shared_ptr<const Policy> policy, core::Log log)
    : log_(std::move(log)),
      table_(std::make_shared<const Table>(Table{std::move(policy), std::nullopt, {}})) {}

template <class Change>
void Gate::change(Change change) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Table>(*table_.keep());
  change(*next);
  table_.publish(std::move(next));
  version_.fetch_add(1, std::memory_order_release);
}

void Gate::set_policy(std::shared_ptr<const Policy> policy) {
  change([&](Table& table) {
    table.policy = std::move(policy);
    if (table.self) {
      table.self->rights = table.policy->rights(table.self->subject);
    }
    for (auto& [node, known] : table.peers) {
      known.rights = table.policy->rights(known.subject);
    }
  });
  generation_.fetch_add(1, std::memory_order_relaxed);
}

void Gate::set_self(Subject self) {
  change([&](Table& table) {
    auto rights = table.policy->rights(self);
    table.self = Known{std::move(self), std::move(rights)};
  });
}

void Gate::know(Subject peer) {
  change([&](Table& table) {
    auto rights = table.policy->rights(peer);
    const core::NodeId node = peer.node;
    table.peers.insert_or_assign(node, Known{std::move(peer), std::move(rights)});
  });
}

void Gate::forget(const core::NodeId& peer) {
  change([&](Table& table) { table.peers.erase(peer); });
}

bool Gate::allows(const core::NodeId& peer, Action action, routing::TopicView topic) const {
  const auto table = table_.read();
  const auto known = table->peers.find(peer);
  return known != table->peers.end() && known->second.rights->decide(action, topic).allowed;
}

bool Gate::admit(const core::NodeId& peer, Action action, routing::TopicView topic) const {
  const auto table = table_.read();
  const auto known = table->peers.find(peer);
  const Decision decision =
      known == table->peers.end() ? kStranger : known->second.rights->decide(action, topic);
  if (decision.allowed) {
    return true;
  }
  denied_[static_cast<std::size_t>(action)].fetch_add(1, std::memory_order_relaxed);
  audit(peer, action, topic, decision.rule);
  return false;
}

bool Gate::admit_self(Action action, routing::TopicView topic) const {
  const auto table = table_.read();
  if (!table->self) {
    return true;
  }
  const Decision decision = table->self->rights->decide(action, topic);
  if (!decision.allowed) {
    denied_here_.fetch_add(1, std::memory_order_relaxed);
  }
  return decision.allowed;
}

bool Gate::possible(const core::NodeId& peer, Action action, std::string_view network,
                    std::string_view pattern) const {
  const auto table = table_.read();
  if (peer.is_zero()) {
    return !table->self || table->self->rights->possible(action, network, pattern);
  }
  const auto known = table->peers.find(peer);
  return known != table->peers.end() && known->second.rights->possible(action, network, pattern);
}

void Gate::audit(const core::NodeId& peer, Action action, routing::TopicView topic,
                 std::string_view rule) const {
  if (log_.enabled(core::Level::kWarn)) {
    log_.warn("denied", {core::field("peer", peer.text()),
                         core::field("action", std::string(action_text(action))),
                         core::field("path", fmt::format("{}:{}", topic.network, topic.path)),
                         core::field("rule", std::string(rule))});
  }
}

Gate::Explained Gate::explain(const Subject& subject, Action action,
                              routing::TopicView topic) const {
  const auto table = table_.read();
  const Decision decision = table->policy->decide(subject, action, topic);
  return {decision.allowed, std::string(decision.rule)};
}

std::optional<Subject> Gate::subject(const core::NodeId& node) const {
  const auto table = table_.read();
  if (table->self && table->self->subject.node == node) {
    return table->self->subject;
  }
  const auto known = table->peers.find(node);
  return known == table->peers.end() ? std::nullopt : std::optional(known->second.subject);
}

std::optional<Subject> Gate::self() const {
  const auto table = table_.read();
  return table->self ? std::optional(table->self->subject) : std::nullopt;
}

std::vector<Subject> Gate::members(std::string_view network) const {
  const auto table = table_.read();
  std::vector<Subject> found;
  const auto look_at = [&](const Known& known) {
    if (std::ranges::find(known.subject.networks, network) != known.subject.networks.end()) {
      found.push_back(known.subject);
    }
  };
  if (table->self) {
    look_at(*table->self);
  }
  for (const auto& [node, known] : table->peers) {
    look_at(known);
  }
  return found;
}

std::shared_ptr<const Policy> Gate::policy() const {
  return table_.keep()->policy;
}

Stats Gate::stats() const {
  Stats stats;
  for (std::size_t i = 0; i < kActions; ++i) {
    stats.denied[i] = denied_[i].load(std::memory_order_relaxed);
  }
  stats.denied_here = denied_here_.load(std::memory_order_relaxed);
  stats.generation = generation_.load(std::memory_order_relaxed);
  stats.rules = policy()->entries().size();
  return stats;
}

}  // namespace runard::policy
