// What rules mean: deny over allow over default, for nodes, groups, networks and paths.
#include "policy/policy.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"

using namespace runard;
using core::Errc;
using policy::Action;
using policy::ActionSet;
using policy::Default;
using policy::Policy;
using policy::Rule;
using policy::Rules;
using policy::Subject;

namespace {

core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes.back() = number;
  return id;
}

ActionSet set(std::initializer_list<Action> actions) {
  ActionSet made;
  for (const Action action : actions) {
    made.add(action);
  }
  return made;
}

// Rules in the order they are added, with the ids a configuration gives.
struct Draft {
  explicit Draft(Default access = Default::kMembers) { rules.access = access; }
  Rule& allow(std::initializer_list<Action> actions, std::string path = {}) {
    return add(set(actions), {}, std::move(path));
  }
  Rule& deny(std::initializer_list<Action> actions, std::string path = {}) {
    return add({}, set(actions), std::move(path));
  }
  Rule& add(ActionSet allowed, ActionSet denied, std::string path) {
    Rule rule;
    rule.id = "rules[" + std::to_string(rules.rules.size()) + "]";
    rule.allow = allowed;
    rule.deny = denied;
    rule.path = std::move(path);
    rules.rules.push_back(std::move(rule));
    return rules.rules.back();
  }
  std::shared_ptr<const Policy> make() const {
    auto made = Policy::make(rules);
    REQUIRE(made);
    return *made;
  }
  Errc error() const { return Policy::make(rules).error().code; }

  Rules rules;
};

const Subject kWeb{node(1), {"web"}, {"main", "backup"}};
const Subject kDb{node(2), {"backup", "db"}, {"main"}};

bool may(const Policy& policy, const Subject& subject, Action action, std::string_view path,
         std::string_view network = "main") {
  return policy.decide(subject, action, {network, path}).allowed;
}

std::string why(const Policy& policy, const Subject& subject, Action action, std::string_view path,
                std::string_view network = "main") {
  return std::string(policy.decide(subject, action, {network, path}).rule);
}

}  // namespace

TEST_CASE("without rules a member may do everything but administer") {
  const auto policy = Draft().make();
  for (const Action action : policy::all_actions()) {
    CHECK(may(*policy, kWeb, action, "math/add") == (action != Action::kAdmin));
  }
  CHECK(why(*policy, kWeb, Action::kCall, "math/add") == "default: members");
  CHECK(why(*policy, kWeb, Action::kAdmin, "math/add") == "admin is never a default");
}

TEST_CASE("T12: in a network that its certificate does not name nobody may do anything") {
  Draft draft;
  draft.allow({Action::kCall});
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kCall, "math/add", "backup"));
  for (const Action action : policy::all_actions()) {
    CHECK_FALSE(may(*policy, kDb, action, "math/add", "backup"));
  }
  CHECK(why(*policy, kDb, Action::kCall, "math/add", "backup") == "not a member");
  CHECK_FALSE(may(*policy, Subject{node(1), {}, {}}, Action::kCall, "math/add"));
}

TEST_CASE("T20: with default deny what no rule allows is denied") {
  Draft draft(Default::kDeny);
  draft.allow({Action::kCall}, "math/*");
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kCall, "math/add"));
  CHECK(why(*policy, kWeb, Action::kCall, "math/add") == "rules[0]");
  CHECK_FALSE(may(*policy, kWeb, Action::kCall, "math/add/more"));
  CHECK_FALSE(may(*policy, kWeb, Action::kCall, "math"));
  CHECK_FALSE(may(*policy, kWeb, Action::kPublish, "math/add"));
  CHECK(why(*policy, kWeb, Action::kPublish, "math/add") == "default: deny");
}

TEST_CASE("T20: a deny wins over any allow, whatever their order and however specific") {
  Draft draft(Default::kDeny);
  draft.allow({Action::kCall}, "admin/users");
  draft.deny({Action::kCall}, "admin/>");
  draft.allow({Action::kCall}, "admin/users");
  const auto policy = draft.make();
  CHECK_FALSE(may(*policy, kWeb, Action::kCall, "admin/users"));
  CHECK(why(*policy, kWeb, Action::kCall, "admin/users") == "rules[1]");
}

TEST_CASE("a rule about a node is about its id") {
  Draft draft;
  draft.deny({Action::kPublish}, ">").node = node(2);
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kPublish, "math/done"));
  CHECK_FALSE(may(*policy, kDb, Action::kPublish, "math/done"));
  CHECK(may(*policy, kDb, Action::kCall, "math/add"));
}

TEST_CASE("a rule about a group is about all whose certificate names it") {
  Draft draft;
  draft.deny({Action::kCall}, "admin/>").group = "db";
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kCall, "admin/users"));
  CHECK_FALSE(may(*policy, kDb, Action::kCall, "admin/users"));
}

TEST_CASE("a rule about a node label is about all whose certificate names that very value") {
  Draft draft;
  draft.deny({Action::kCall}, "admin/>").label = "region=eu";
  const auto policy = draft.make();
  Subject there = kWeb;
  there.labels = {"rack=7", "region=eu"};
  Subject elsewhere = kWeb;
  elsewhere.labels = {"rack=7", "region=eu-2"};
  CHECK_FALSE(may(*policy, there, Action::kCall, "admin/users"));
  CHECK(may(*policy, there, Action::kCall, "math/add"));
  CHECK(may(*policy, elsewhere, Action::kCall, "admin/users"));
  CHECK(may(*policy, kWeb, Action::kCall, "admin/users"));
  Subject grouped = kWeb;
  grouped.groups = {"region=eu"};  // a group is no label
  CHECK(may(*policy, grouped, Action::kCall, "admin/users"));
}

TEST_CASE("a rule about a network leaves the others alone") {
  Draft draft;
  draft.deny({Action::kCall}).network = "backup";
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kCall, "math/add", "main"));
  CHECK_FALSE(may(*policy, kWeb, Action::kCall, "math/add", "backup"));
}

TEST_CASE("patterns of rules match as the router's do") {
  Draft draft(Default::kDeny);
  draft.allow({Action::kCall}, "users/{id}/profile");
  draft.allow({Action::kCall}, "a/*/c/>");
  draft.allow({Action::kCall}, "*/public");
  const auto policy = draft.make();
  for (const char* good : {"users/42/profile", "a/b/c/d", "a/b/c/d/e", "x/public"}) {
    INFO(good);
    CHECK(may(*policy, kWeb, Action::kCall, good));
  }
  for (const char* bad : {"users/42", "users/42/profile/x", "users/profile", "a/b/c", "a/b/x/d",
                          "public", "x/y/public", "usersx/42/profile"}) {
    INFO(bad);
    CHECK_FALSE(may(*policy, kWeb, Action::kCall, bad));
  }
}

TEST_CASE("admin is allowed by an explicit rule only") {
  Draft draft;
  draft.allow({Action::kAdmin}, "$registry/>").group = "web";
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kAdmin, "$registry/services/math/pause"));
  CHECK_FALSE(may(*policy, kDb, Action::kAdmin, "$registry/services/math/pause"));
}

TEST_CASE("one rule may allow some and deny other actions") {
  Draft draft(Default::kDeny);
  draft.add(set({Action::kCall}), set({Action::kPublish}), "math/>");
  const auto policy = draft.make();
  CHECK(may(*policy, kWeb, Action::kCall, "math/add"));
  CHECK(why(*policy, kWeb, Action::kPublish, "math/add") == "rules[0]");
}

TEST_CASE("whether a pattern is possible errs to yes, never to no") {
  Draft draft(Default::kDeny);
  draft.allow({Action::kSubscribe}, "math/done");
  draft.allow({Action::kSubscribe}, "logs/>");
  draft.deny({Action::kSubscribe}, "logs/secret/>");
  const auto policy = draft.make();
  const auto rights = policy->rights(kWeb);
  const auto possible = [&](std::string_view pattern) {
    return rights->possible(Action::kSubscribe, "main", pattern);
  };
  CHECK(possible("math/*"));
  CHECK(possible("math/done"));
  CHECK(possible(">"));
  CHECK(possible("logs/x"));
  CHECK_FALSE(possible("math/other"));
  CHECK_FALSE(possible("logs/secret/x"));
  CHECK_FALSE(possible("logs/secret/>"));
  CHECK_FALSE(possible("a//*/>/b"));
  CHECK_FALSE(rights->possible(Action::kSubscribe, "other", "math/done"));
  CHECK_FALSE(rights->possible(Action::kCall, "main", "math/done"));
}

TEST_CASE("rules that mean nothing, or can't be meant, are refused") {
  Draft empty;
  empty.add({}, {}, "math");
  CHECK(empty.error() == Errc::kConfigInvalid);
  Draft both;
  Rule& rule = both.allow({Action::kCall});
  rule.node = node(1);
  rule.group = "web";
  CHECK(both.error() == Errc::kConfigInvalid);
  Draft labelled;
  Rule& of_two = labelled.allow({Action::kCall});
  of_two.label = "region=eu";
  of_two.group = "web";
  CHECK(labelled.error() == Errc::kConfigInvalid);
  for (const char* bad : {"a/>/b", "main:a", "a b*", "{", "$$/{x}y"}) {
    INFO(bad);
    Draft draft;
    draft.allow({Action::kCall}, bad);
    CHECK(draft.error() == Errc::kConfigInvalid);
  }
  Draft many;
  for (std::size_t i = 0; i <= policy::kMaxRules; ++i) {
    many.allow({Action::kCall}, "a/b");
  }
  CHECK(many.error() == Errc::kConfigInvalid);
}

TEST_CASE("rights outlive everything else that knew the policy") {
  std::shared_ptr<const policy::Rights> rights;
  {
    Draft draft;
    draft.deny({Action::kCall}, "admin/>");
    rights = draft.make()->rights(kWeb);
  }
  CHECK(rights->decide(Action::kCall, {"main", "admin/x"}).rule == "rules[0]");
}
