// What this node's own rules of authorization make of its calls.
#include <catch2/catch_test_macros.hpp>

#include "calls/dispatcher.h"
#include "policy/from_config.h"
#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using core::Executed;

namespace {

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
    code = reply.code;
    executed = reply.executed;
    message = reply.message;
  }
  Errc code{};
  Executed executed{};
  std::string message;
};

struct World {
  explicit World(const policy::Gate& gate)
      : executor(clock), dispatcher(options(gate), registry, clock, executor) {}
  static calls::Options options(const policy::Gate& gate) {
    calls::Options made;
    made.gate = &gate;
    return made;
  }
  void call(std::string_view path, std::uint32_t flags = 0, std::string_view network = "main") {
    rpc::Request request;
    request.network = network;
    request.path = path;
    request.flags = flags;
    request.deadline = clock.now() + 1s;
    dispatcher.call(request, {&caller, {}});
  }

  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry{"n", {"main"}, 1};
  calls::Dispatcher dispatcher;
  Caller caller;
};

}  // namespace

TEST_CASE("T12: what this node's own rules deny is denied, whether anybody offers it or not") {
  config::Authorization rules;
  rules.rules = {{{}, {"call"}, {}, "", "secret/>"}};
  policy::Gate gate(*policy::from_config(rules), {});
  core::NodeId self;
  self.bytes[0] = 9;
  gate.set_self({self, {}, {"main"}});
  World world(gate);
  world.call("secret/nothing");
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.caller.executed == Executed::kNo);
  CHECK(world.caller.message == policy::kDeniedHere);
  world.call("other/nothing");
  CHECK(world.caller.code == Errc::kNoService);
  CHECK(gate.stats().denied_here == 1);
  world.call("math/add", 0, "backup");
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.caller.message == "this node is not a member of network \"backup\"");
  // What came over a link was judged by the rules about its sender.
  world.call("secret/nothing", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoService);
}
