// Who may be a recipient of a label.
#include "policy/release.h"

#include <catch2/catch_test_macros.hpp>

#include "policy/from_config.h"
#include "support/result_text.h"

using namespace runard;
using policy::Recipient;
using Kind = policy::Recipient::Kind;

namespace {

template <class Id>
Id id(std::uint8_t number) {
  Id made;
  made.bytes.back() = number;
  return made;
}

std::shared_ptr<const policy::Policy> with(config::Release release) {
  config::Authorization authorization;
  authorization.access = config::Access::kDeny;
  authorization.labels["user"] = std::move(release);
  auto made = policy::from_config(authorization);
  REQUIRE(made);
  return *made;
}

Recipient profile(std::uint8_t number, bool caller) {
  Recipient recipient;
  recipient.kind = Kind::kProfile;
  recipient.profile = id<core::ProfileId>(number);
  recipient.caller = caller;
  return recipient;
}

}  // namespace

TEST_CASE("a label without a rule goes to whomever encryption.labels says") {
  const auto policy = with({});
  CHECK(policy->may_receive("system", profile(1, false)));
  CHECK_FALSE(policy->may_receive("user", profile(1, false)));
}

TEST_CASE("T14: a profile that is neither named nor the caller's verified one gets nothing") {
  const auto policy = with({{}, {"caller", id<core::ProfileId>(7).text()}, {}, {}});
  CHECK(policy->may_receive("user", profile(1, true)));
  CHECK(policy->may_receive("user", profile(7, false)));
  CHECK_FALSE(policy->may_receive("user", profile(1, false)));
}

TEST_CASE("T14: a message may name a profile only where a rule of the label names that profile") {
  const auto seven = id<core::ProfileId>(7);
  const auto policy = with({{"main"}, {"caller", seven.text()}, {}, {"audit"}});
  CHECK(policy->names("user", seven));
  CHECK_FALSE(policy->names("user", id<core::ProfileId>(1)));
  CHECK_FALSE(policy->names("user", {}));       // `caller` is nobody's id
  CHECK_FALSE(policy->names("system", seven));  // a label without a rule
}

TEST_CASE("W4: a rule without caller keeps even a verified caller out") {
  const auto policy = with({{"main"}, {id<core::ProfileId>(7).text()}, {}, {}});
  CHECK_FALSE(policy->may_receive("user", profile(1, true)));
}

TEST_CASE("networks, nodes and groups are recipients only where they are named") {
  const auto policy = with({{"main"}, {}, {id<core::NodeId>(3).text()}, {"audit"}});
  Recipient network;
  network.network = "main";
  CHECK(policy->may_receive("user", network));
  network.network = "backup";
  CHECK_FALSE(policy->may_receive("user", network));
  Recipient node;
  node.kind = Kind::kNode;
  node.node = id<core::NodeId>(3);
  CHECK(policy->may_receive("user", node));
  node.node = id<core::NodeId>(4);
  CHECK_FALSE(policy->may_receive("user", node));
  const std::vector<std::string> groups = {"audit", "web"};
  node.groups = groups;
  CHECK(policy->may_receive("user", node));
}

TEST_CASE("what the loader would refuse makes no policy") {
  config::Authorization authorization;
  authorization.labels["user"].profiles = {"somebody"};
  CHECK(policy::from_config(authorization).error().code == core::Errc::kConfigInvalid);
  authorization.labels["user"] = {{}, {}, {"web-1"}, {}};
  CHECK(policy::from_config(authorization).error().code == core::Errc::kConfigInvalid);
  authorization.labels.clear();
  authorization.rules = {{{"fly"}, {}, {}, {}, {}}};
  CHECK(policy::from_config(authorization).error().code == core::Errc::kConfigInvalid);
  authorization.rules = {{{"call"}, {}, {"web-1", ""}, {}, {}}};
  CHECK(policy::from_config(authorization).error().code == core::Errc::kConfigInvalid);
}
