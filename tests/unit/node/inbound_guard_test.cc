// What requests from peers need before anything of this node sees them.
#include "node/inbound_guard.h"

#include <catch2/catch_test_macros.hpp>

#include "policy/from_config.h"

using namespace runard;
using core::Errc;

namespace {

struct Calls final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder&) override {
    ++count;
    flags = request.flags;
    return 7;
  }
  void cancel(rpc::Ticket) override {}
  int count = 0;
  std::uint32_t flags = 0;
};

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
    code = reply.code;
    executed = reply.executed;
    message = reply.message;
  }
  Errc code{};
  core::Executed executed{};
  std::string message;
};

struct World {
  explicit World(std::vector<config::Rule> rules, config::Access access = config::Access::kMembers)
      : gate(*policy::from_config({access, std::move(rules), {}}), {}) {
    gate.know({peer(), {"ops"}, {"main"}});
  }
  static core::NodeId peer() {
    core::NodeId id;
    id.bytes[0] = 1;
    return id;
  }
  // Whether it was let through.
  bool call(std::string_view path) {
    rpc::Request request;
    request.network = "main";
    request.path = path;
    request.flags = rpc::kInbound;
    request.caller.node = peer();
    const int before = calls.count;
    guard.call(request, {&caller, {}});
    return calls.count > before;
  }
  policy::Gate gate;
  Calls calls;
  Caller caller;
  node::InboundGuard guard{calls, gate};
};

}  // namespace

TEST_CASE("T20: a denied request reaches nothing, and is told so alike whatever its path") {
  World world({}, config::Access::kDeny);
  CHECK_FALSE(world.call("math/add"));
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.caller.executed == core::Executed::kNo);
  const std::string first = world.caller.message;
  CHECK_FALSE(world.call("there/is/none"));
  CHECK(world.caller.message == first);
  CHECK_FALSE(world.call("$registry/services/list"));
  CHECK(world.call("$events/past"));
}

TEST_CASE("T20: what a denied request has sealed is opened no more, and it is told the same") {
  World world({{{"call"}, {}, {"", "ops"}, "", "math/add"}}, config::Access::kDeny);
  const auto opens = [&](std::string_view path) {
    const auto may = world.guard.admit(World::peer(), "main", path);
    if (!may && !world.call(path)) {
      CHECK(may.error().code == world.caller.code);
      CHECK(may.error().executed == world.caller.executed);
      CHECK(may.error().about == world.caller.message);
    }
    return may.has_value();
  };
  CHECK(opens("math/add"));
  CHECK_FALSE(opens("math/sub"));
  CHECK_FALSE(opens("there/is/none"));
  CHECK_FALSE(opens("$keys/list"));
  CHECK_FALSE(opens("$registry/services/math/pause"));
  // Open to everybody, and nothing that has private fields.
  CHECK_FALSE(opens("$events/past"));
  CHECK_FALSE(opens("$issuer/renew"));
}

TEST_CASE("keys take keys.read, all other system paths call") {
  World world({{{}, {"keys.read"}, {}, "", ""}});
  CHECK_FALSE(world.call("$keys/list"));
  CHECK(world.call("$registry/services/list"));
}

TEST_CASE("pausing takes admin for the service's path, however that is spelt") {
  World world({{{"admin"}, {}, {"", "ops"}, "", "billing/eu"}});
  CHECK(world.call("$registry/services/billing%2Feu/pause"));
  CHECK((world.calls.flags & rpc::kAdministers) != 0);
  CHECK_FALSE(world.call("$registry/services/math/pause"));
  CHECK_FALSE(world.call("$registry/services/%6dath/resume"));
  CHECK_FALSE(world.call("$registry/services/%zz/pause"));
  CHECK(world.call("$registry/services/math/state"));
  CHECK((world.calls.flags & rpc::kAdministers) == 0);
}
