// The compiled rights against an evaluator that is as simple as the rule itself.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "policy/policy.h"
#include "support/result_text.h"

using namespace runard;
using policy::Action;
using policy::Default;
using policy::Policy;
using policy::Rule;
using policy::Rules;
using policy::Subject;

namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kNetworks = {"main", "backup", "lab"};
const std::vector<std::string> kGroups = {"a", "b", "c"};
const std::vector<std::string> kLabels = {"k=a", "k=b", "l=a"};
const std::vector<std::string> kSegments = {"x", "y", "xy", "$registry"};
const std::vector<std::string> kWild = {"x", "y", "xy", "*", "{id}", "$registry"};

core::NodeId node(std::size_t number) {
  core::NodeId id;
  id.bytes.back() = static_cast<std::uint8_t>(number);
  return id;
}

std::string path(Dice& dice, const std::vector<std::string>& segments) {
  std::string text = dice.of(segments);
  while (!dice.one_in(3)) {
    const std::string& next = dice.of(kSegments == segments ? kSegments : kWild);
    text += "/" + (next.front() == '{' && text.find('{') != std::string::npos ? "y" : next);
  }
  return text;
}

std::string pattern(Dice& dice) {
  switch (dice.below(4)) {
    case 0:
      return {};
    case 1:
      return dice.one_in(3) ? ">" : path(dice, kWild) + "/>";
    default:
      return path(dice, kWild);
  }
}

policy::ActionSet actions(Dice& dice) {
  policy::ActionSet set;
  for (const Action action : policy::all_actions()) {
    if (dice.one_in(3)) {
      set.add(action);
    }
  }
  return set;
}

Rules rules(Dice& dice, std::size_t count) {
  Rules made;
  made.access = dice.one_in(2) ? Default::kDeny : Default::kMembers;
  for (; count > 0; --count) {
    Rule rule;
    rule.id = "rules[" + std::to_string(made.rules.size()) + "]";
    rule.allow = actions(dice);
    rule.deny = dice.one_in(2) ? actions(dice) : policy::ActionSet();
    if (rule.allow.empty() && rule.deny.empty()) {
      rule.deny.add(Action::kCall);
    }
    switch (dice.below(4)) {
      case 0:
        rule.node = node(dice.below(3));
        break;
      case 1:
        rule.group = dice.of(kGroups);
        break;
      case 2:
        rule.label = dice.of(kLabels);
        break;
      default:
        break;
    }
    rule.network = dice.one_in(3) ? dice.of(kNetworks) : "";
    rule.path = pattern(dice);
    made.rules.push_back(rule);
  }
  return made;
}

Subject subject(Dice& dice) {
  Subject made{node(dice.below(3)), {}, {}};
  for (const std::string& group : kGroups) {
    if (dice.one_in(2)) {
      made.groups.push_back(group);
    }
  }
  for (const std::string& label : kLabels) {
    if (dice.one_in(2)) {
      made.labels.push_back(label);
    }
  }
  for (const std::string& network : kNetworks) {
    if (!dice.one_in(3)) {
      made.networks.push_back(network);
    }
  }
  return made;
}

bool has(const auto& list, const auto& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool applies(const Rule& rule, const Subject& who, const std::string& network,
             const std::string& topic) {
  const bool who_fits = (!rule.node || *rule.node == who.node) &&
                        (rule.group.empty() || has(who.groups, rule.group)) &&
                        (rule.label.empty() || has(who.labels, rule.label));
  const bool network_fits = rule.network.empty() || rule.network == network;
  return who_fits && network_fits &&
         (rule.path.empty() || routing::TopicPattern::parse(rule.path, network)
                                   ->matches(*routing::TopicPath::parse(topic, network)));
}

struct Verdict {
  bool allowed;
  std::string rule;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Deny, then allow, then the default; of several rules the first is named.
Verdict naive(const Rules& given, const Subject& who, Action action, const std::string& network,
              const std::string& topic) {
  if (!has(who.networks, network)) {
    return {false, "not a member"};
  }
  for (const Rule& rule : given.rules) {
    if (rule.deny.has(action) && applies(rule, who, network, topic)) {
      return {false, rule.id};
    }
  }
  for (const Rule& rule : given.rules) {
    if (rule.allow.has(action) && applies(rule, who, network, topic)) {
      return {true, rule.id};
    }
  }
  if (action == Action::kAdmin) {
    return {false, "admin is never a default"};
  }
  return given.access == Default::kMembers ? Verdict{true, "default: members"}
                                           : Verdict{false, "default: deny"};
}

Verdict verdict(const policy::Decision& decision) {
  return {decision.allowed, std::string(decision.rule)};
}

// Asks the same of both, `times`.
void compare(unsigned seed, Dice& dice, std::size_t count, int times) {
  const Rules given = rules(dice, count);
  const auto made = Policy::make(given);
  REQUIRE(made);
  const Subject who = subject(dice);
  const auto rights = (*made)->rights(who);
  for (int i = 0; i < times; ++i) {
    const Action action = policy::all_actions()[dice.below(policy::kActions)];
    const std::string& network = dice.of(kNetworks);
    const std::string topic = path(dice, kSegments);
    const Verdict expected = naive(given, who, action, network, topic);
    CAPTURE(seed, topic, network, policy::action_text(action), expected.rule);
    REQUIRE(verdict(rights->decide(action, {network, topic})) == expected);
    REQUIRE(verdict((*made)->decide(who, action, {network, topic})) == expected);
    if (expected.allowed) {
      REQUIRE(rights->possible(action, network, topic));
      REQUIRE(rights->possible(action, network, ">"));
    }
  }
}

}  // namespace

TEST_CASE("the compiled policy decides as the naive evaluator, for random rules") {
  for (unsigned seed = 0; seed < 4000; ++seed) {
    Dice dice(seed);
    compare(seed, dice, dice.below(8), 20);
  }
}

TEST_CASE("so it does with more rules than a machine word has bits") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Dice dice(seed);
    compare(seed, dice, 60 + dice.below(90), 60);
  }
}

TEST_CASE("the table of patterns keeps what the router's own matching keeps") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    Dice dice(seed);
    std::vector<routing::TopicPattern> made;
    for (std::size_t i = dice.below(200); i > 0; --i) {
      const std::string text = pattern(dice);
      made.push_back(*routing::TopicPattern::parse(text.empty() ? ">" : text, "main"));
    }
    std::vector<const routing::TopicPattern*> patterns(1, nullptr);
    for (const routing::TopicPattern& one : made) {
      patterns.push_back(&one);
    }
    const policy::PatternTable table(patterns);
    const std::string topic = dice.one_in(20) ? "" : path(dice, kSegments);
    std::vector<policy::Word> set(table.width(), ~policy::Word{0});
    table.keep_matching(topic, set);
    for (std::size_t n = 0; n < patterns.size(); ++n) {
      const bool kept = (set[n / policy::kWordBits] >> (n % policy::kWordBits) & 1) != 0;
      CAPTURE(seed, topic, n);
      REQUIRE(kept == (n == 0 || patterns[n]->matches_path(topic)));
    }
  }
}
