// links: policy
// What a decision about a peer costs, the look-up of the peer included (target: <= 100 ns among 40
// rules).
#include <benchmark/benchmark.h>

#include <string>

#include "core/check.h"
#include "policy/gate.h"

using namespace runard;

namespace {

// Rules about a group that the peer is in, as a large configuration has them; the last allows.
policy::Rules rules_of(std::int64_t count, bool wild) {
  policy::Rules rules;
  rules.access = count == 0 ? policy::Default::kMembers : policy::Default::kDeny;
  const auto add = [&](bool deny, const std::string& path) {
    policy::Rule rule;
    rule.id = "rules[" + std::to_string(rules.rules.size()) + "]";
    (deny ? rule.deny : rule.allow).add(policy::Action::kCall);
    rule.group = "web";
    rule.path = path;
    rules.rules.push_back(std::move(rule));
  };
  for (std::int64_t i = 1; i < count; ++i) {
    const std::string number = std::to_string(i);
    add(i % 2 == 0, wild ? "users/{id}/file-" + number : "team-" + number + "/admin/>");
  }
  if (count > 0) {
    add(false, "users/{id}/profile");
  }
  return rules;
}

void decide(benchmark::State& state, bool wild) {
  policy::Gate gate(*policy::Policy::make(rules_of(state.range(0), wild)), {});
  core::NodeId peer;
  peer.bytes.back() = 1;
  gate.know({peer, {"web"}, {"main"}});
  for (auto _ : state) {
    RUNARD_CHECK(gate.admit(peer, policy::Action::kCall, {"main", "users/42/profile"}));
  }
}

// Each rule begins otherwise.
void spread(benchmark::State& state) {
  decide(state, false);
}
// All begin as the request does.
void alike(benchmark::State& state) {
  decide(state, true);
}
BENCHMARK(spread)->Arg(0)->Arg(10)->Arg(40)->Arg(1000);
BENCHMARK(alike)->Arg(10)->Arg(40)->Arg(1000);

}  // namespace
