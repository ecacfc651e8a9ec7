// What one plugin may use.
#include "policy/allowance.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"

using namespace runard;
using policy::Action;
using policy::Allowance;

namespace {

config::Plugin plugin(config::Allow allow) {
  config::Plugin made;
  made.allow = std::move(allow);
  made.services.resize(1);
  made.services[0].network = "main";
  return made;
}

std::shared_ptr<const Allowance> allowing(config::Allow allow) {
  auto made = Allowance::of(plugin(std::move(allow)));
  REQUIRE(made);
  REQUIRE(*made);
  return *made;
}

}  // namespace

TEST_CASE("a plugin without allow: has no allowance, and may do everything") {
  CHECK(*Allowance::of(config::Plugin{}) == nullptr);
}

TEST_CASE("T27: a plugin calls and publishes what it is allowed, and nothing else") {
  const auto allow = allowing({{}, {"math"}, {"users/>"}, {"math/*"}, {}});
  CHECK(allow->may(Action::kCall, {"main", "users/42/profile"}));
  CHECK_FALSE(allow->may(Action::kCall, {"main", "users"}));
  CHECK_FALSE(allow->may(Action::kCall, {"main", "admin/x"}));
  CHECK_FALSE(allow->may(Action::kCall, {"main", "$registry/services/list"}));
  CHECK(allow->may(Action::kPublish, {"main", "math/done"}));
  CHECK_FALSE(allow->may(Action::kPublish, {"main", "math/done/twice"}));
  CHECK_FALSE(allow->may(Action::kPublish, {"main", "users/x"}));
}

TEST_CASE("T27: an empty allow: allows nothing") {
  const auto allow = allowing({});
  CHECK_FALSE(allow->may(Action::kCall, {"main", "math/add"}));
  CHECK_FALSE(allow->may(Action::kPublish, {"main", "math/add"}));
  CHECK_FALSE(allow->may_subscribe("math/add", "main"));
}

TEST_CASE("networks are those of allow:, else those of its services") {
  CHECK_FALSE(allowing({{}, {}, {">"}, {}, {}})->may(Action::kCall, {"backup", "a"}));
  const auto both = allowing({{"backup"}, {}, {">"}, {}, {">"}});
  CHECK(both->may(Action::kCall, {"backup", "a"}));
  CHECK_FALSE(both->may(Action::kCall, {"main", "a"}));
  CHECK(both->may_subscribe("backup:a", "main"));
  CHECK_FALSE(both->may_subscribe("a", "main"));
}

TEST_CASE("a subscription must lie within what is allowed") {
  const auto allow = allowing({{}, {}, {}, {}, {"math/>", "news/*"}});
  for (const char* good : {"math/a", "math/*", "math/>", "math/a/b", "news/{x}"}) {
    INFO(good);
    CHECK(allow->may_subscribe(good, "main"));
  }
  for (const char* bad : {"math", ">", "*/a", "news/>", "news/a/b", "other", "a//>/b", ""}) {
    INFO(bad);
    CHECK_FALSE(allow->may_subscribe(bad, "main"));
  }
}

TEST_CASE("what the loader would refuse makes no allowance") {
  CHECK(Allowance::of(plugin({{}, {}, {"a/>/b"}, {}, {}})).error().code ==
        core::Errc::kConfigInvalid);
}
