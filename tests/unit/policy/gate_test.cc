// The policy in force: who is known, what a change of rules does, what is counted and logged.
#include "policy/gate.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "policy/from_config.h"
#include "support/result_text.h"

using namespace runard;
using policy::Action;
using policy::Gate;
using policy::Subject;

namespace {

core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes.back() = number;
  return id;
}

std::shared_ptr<const policy::Policy> denying(std::string path) {
  config::Authorization authorization;
  authorization.rules = {{{}, {"call", "subscribe"}, {"", "web"}, "", std::move(path)}};
  return *policy::from_config(authorization);
}

std::shared_ptr<const policy::Policy> open_policy() {
  return *policy::from_config({});
}

const Subject kWeb{node(1), {"web"}, {"main"}};

}  // namespace

TEST_CASE("of a node that it was not told of everything is denied") {
  Gate gate(open_policy(), {});
  CHECK_FALSE(gate.allows(node(1), Action::kCall, {"main", "math/add"}));
  CHECK_FALSE(gate.possible(node(1), Action::kCall, "main", ">"));
  gate.know(kWeb);
  CHECK(gate.allows(node(1), Action::kCall, {"main", "math/add"}));
  gate.forget(node(1));
  CHECK_FALSE(gate.admit(node(1), Action::kCall, {"main", "math/add"}));
}

TEST_CASE("new rules hold for everybody at once, known already or not") {
  Gate gate(open_policy(), {});
  gate.know(kWeb);
  gate.set_self({node(9), {"web"}, {"main"}});
  gate.set_policy(denying("admin/>"));
  CHECK_FALSE(gate.allows(node(1), Action::kCall, {"main", "admin/x"}));
  CHECK_FALSE(gate.admit_self(Action::kCall, {"main", "admin/x"}));
  CHECK(gate.stats().generation == 2);
  CHECK(gate.stats().rules == 1);
  gate.set_policy(open_policy());
  CHECK(gate.allows(node(1), Action::kCall, {"main", "admin/x"}));
}

TEST_CASE("the groups of the newest certificate count") {
  Gate gate(denying("admin/>"), {});
  gate.know({node(1), {}, {"main"}});
  CHECK(gate.allows(node(1), Action::kCall, {"main", "admin/x"}));
  gate.know(kWeb);
  CHECK_FALSE(gate.allows(node(1), Action::kCall, {"main", "admin/x"}));
}

TEST_CASE("a node that has no identity keeps no rules") {
  Gate gate(denying(">"), {});
  CHECK(gate.admit_self(Action::kCall, {"main", "admin/x"}));
  CHECK(gate.possible({}, Action::kSubscribe, "main", "admin/x"));
}

TEST_CASE("each denied attempt is counted and told of with peer, action, path and rule") {
  core::SystemClock clock;
  std::string lines;
  const auto sink = std::make_shared<core::LogSink>(clock, core::LogFormat::kText,
                                                    [&](std::string_view line) { lines += line; });
  Gate gate(denying("admin/>"), core::Log(sink, "policy"));
  gate.know(kWeb);
  CHECK(gate.admit(node(1), Action::kCall, {"main", "math/add"}));
  CHECK(lines.empty());
  CHECK_FALSE(gate.admit(node(1), Action::kCall, {"main", "admin/x\ny"}));
  CHECK(gate.stats().denied[static_cast<std::size_t>(Action::kCall)] == 1);
  for (const char* part : {"denied", "call", "main:admin/x", "rules[0]"}) {
    INFO(lines);
    CHECK(lines.find(part) != std::string::npos);
  }
  CHECK(lines.find(node(1).text()) != std::string::npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
  for (int i = 0; i < 1000; ++i) {
    gate.admit(node(1), Action::kCall, {"main", "admin/x"});
  }
  CHECK(gate.stats().denied[static_cast<std::size_t>(Action::kCall)] == 1001);
  CHECK(std::count(lines.begin(), lines.end(), '\n') < 50);
}

TEST_CASE("rules that change under many askers give one of both answers, never another") {
  Gate gate(denying("admin/>"), {});
  gate.know(kWeb);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread asker([&] {
    while (!stop) {
      // Both rules allow this one.
      wrong += gate.allows(node(1), Action::kCall, {"main", "math/add"}) ? 0 : 1;
    }
  });
  for (int i = 0; i < 300; ++i) {
    gate.set_policy(i % 2 == 0 ? open_policy() : denying("admin/>"));
    gate.know(kWeb);
  }
  stop = true;
  asker.join();
  CHECK(wrong == 0);
}
