// links: calls pubsub
#include "system/registry_service.h"

#include <catch2/catch_test_macros.hpp>

#include "calls/dispatcher.h"
#include "pubsub/broker.h"
#include "support/fakes.h"
#include "system/registry_events.h"

using namespace runard;
using core::Errc;

namespace {

struct FakeControl final : system::ServiceControl {
  void pause(std::string network, std::string path, Done done) override {
    asked.push_back("pause " + network + ":" + path);
    done(core::Result<void>());
  }
  void resume(std::string, std::string, Done done) override {
    done(core::fail(Errc::kServiceWrongState, "it is running"));
  }
  std::vector<std::string> asked;
};

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
    ++answers;
    code = reply.code;
    body.assign(core::as_text(reply.payload.bytes));
  }
  int answers = 0;
  Errc code{};
  std::string body;
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

registry::ServiceRow service(std::string network, std::string path) {
  registry::ServiceRow row;
  row.network = std::move(network);
  row.path = std::move(path);
  row.type = "typ";
  row.state = registry::ServiceState::kRunning;
  row.actions = {{"add", "adds", "", "", 0}};
  return row;
}

struct World {
  World()
      : executor(clock),
        registry("n", {"main", "backup"}, 1),
        on_main("main", registry, control, shows()),
        on_backup("backup", registry, control, shows()),
        dispatcher({}, registry, clock, executor) {
    registry.put_system(on_main.row(), on_main);
    registry.put_system(on_backup.row(), on_backup);
    REQUIRE(registry.put_local(service("main", "math"), &handler));
    REQUIRE(registry.put_local(service("backup", "secret/ledger"), &handler));
  }
  void call(std::string_view network, std::string_view path, std::string_view service = "",
            std::uint32_t flags = 0) {
    rpc::Request request;
    request.network = network;
    request.path = path;
    request.caller.service = service;
    request.flags = flags;
    dispatcher.call(request, {&caller, {}});
  }
  system::RegistryService::Shows shows() {
    return [this](const core::NodeId&, registry::ServiceRow& row) {
      std::erase_if(row.actions,
                    [&](const auto& action) { return action.pattern == hidden_action; });
      return row.path != hidden;
    };
  }
  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry;
  FakeControl control;
  std::string hidden, hidden_action;  // from other nodes
  NoHandler handler;
  system::RegistryService on_main, on_backup;
  calls::Dispatcher dispatcher;
  Caller caller;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the list shows the services of its own network only") {
  World world;
  world.call("main", "$registry/services/list");
  REQUIRE(world.caller.code == Errc{});
  CHECK(has(world.caller.body, "math"));
  CHECK(has(world.caller.body, "adds"));
  CHECK_FALSE(has(world.caller.body, "ledger"));
  CHECK_FALSE(has(world.caller.body, "backup"));
}

TEST_CASE("a literal action beats the one with a parameter") {
  World world;
  REQUIRE(world.registry.put_local(service("main", "list"), &world.handler));
  world.call("main", "$registry/services/list");
  CHECK(has(world.caller.body, "math"));
}

TEST_CASE("one service is found by its percent-encoded mount, and not from another network") {
  World world;
  world.call("backup", "$registry/services/secret%2Fledger");
  CHECK(world.caller.code == Errc{});
  CHECK(has(world.caller.body, "secret/ledger"));
  world.call("main", "$registry/services/secret%2Fledger");
  CHECK(world.caller.code == Errc::kNoService);
  world.call("main", "$registry/services/math/state");
  CHECK(has(world.caller.body, "running"));
  world.call("main", "$registry/services/nothing/state");
  CHECK(world.caller.code == Errc::kNoService);
}

TEST_CASE("T20: another node finds no service that the rules hide from it; this one finds it") {
  World world;
  REQUIRE(world.registry.put_local(service("main", "open"), &world.handler));
  world.hidden = "math";
  world.call("main", "$registry/services/list");
  CHECK(has(world.caller.body, "math"));
  world.call("main", "$registry/services/list", "", rpc::kInbound);
  CHECK(world.caller.code == Errc{});
  CHECK_FALSE(has(world.caller.body, "math"));
  CHECK(has(world.caller.body, "open"));
  world.call("main", "$registry/services/math", "", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoService);
  world.call("main", "$registry/services/none", "", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoService);
  world.call("main", "$registry/services/math/state", "", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoService);
}

TEST_CASE("T20: another node finds no action that the rules hide from it; this one finds it") {
  World world;
  world.hidden_action = "add";
  for (const char* path : {"$registry/services/list", "$registry/services/math"}) {
    world.call("main", path);
    CHECK(has(world.caller.body, "adds"));
    world.call("main", path, "", rpc::kInbound);
    CHECK(has(world.caller.body, "math"));
    CHECK_FALSE(has(world.caller.body, "adds"));
  }
}

TEST_CASE("T20: another node is told of this node's services, this one of all") {
  World world;
  registry::NodeRows other;
  other.node.bytes[0] = 1;
  other.services = {service("main", "math"), service("main", "theirs")};
  world.registry.replace(other, world.handler);
  world.call("main", "$registry/services/list");
  CHECK(has(world.caller.body, "theirs"));
  world.call("main", "$registry/services/math");
  CHECK(has(world.caller.body, other.node.text()));
  world.call("main", "$registry/services/list", "", rpc::kInbound);
  CHECK(has(world.caller.body, "math"));
  CHECK_FALSE(has(world.caller.body, "theirs"));
  world.call("main", "$registry/services/math", "", rpc::kInbound);
  CHECK(world.caller.code == Errc{});
  CHECK_FALSE(has(world.caller.body, other.node.text()));
  world.call("main", "$registry/services/theirs", "", rpc::kInbound);
  CHECK(world.caller.code == Errc::kNoService);
}

TEST_CASE("an operator on the node may pause and resume; services and other nodes may not") {
  World world;
  world.call("main", "$registry/services/math/pause");
  CHECK(world.caller.code == Errc{});
  CHECK(world.control.asked == std::vector<std::string>{"pause main:math"});
  world.call("main", "$registry/services/math/resume");
  CHECK(world.caller.code == Errc::kServiceWrongState);
  world.call("main", "$registry/services/math/pause", "main:evil");
  CHECK(world.caller.code == Errc::kDenied);
  world.call("main", "$registry/services/math/pause", "", rpc::kInbound);
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.control.asked.size() == 1);
}

TEST_CASE("another node pauses and resumes when it was found to have admin rights") {
  World world;
  const std::uint32_t admitted = rpc::kInbound | rpc::kAdministers;
  world.call("main", "$registry/services/math/pause", "", admitted);
  CHECK(world.control.asked == std::vector<std::string>{"pause main:math"});
  world.call("main", "$registry/services/math/pause", "users", admitted);
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.control.asked.size() == 1);
}

TEST_CASE("system services are in no announcement") {
  World world;
  for (const registry::ServiceRow& row : world.registry.local().services) {
    CHECK_FALSE(row.path.starts_with('$'));
  }
}

TEST_CASE("state events go to the service's network, are retained, and stay on this node") {
  World world;
  pubsub::Broker broker(world.registry, world.clock, 1, 1);
  system::RegistryEvents events(broker);
  events.service_state("backup", "secret/ledger", "running", {});
  struct Consumer final : rpc::EventConsumer {
    void ready() noexcept override {}
  } consumer;
  rpc::SubscribeOptions options;
  options.network = "backup";
  options.pattern = "$registry/services/*/state/*";
  options.include_past = std::chrono::seconds(60);
  auto queue = broker.subscribe(options, consumer);
  REQUIRE(queue);
  rpc::Delivery delivery;
  REQUIRE((*queue)->pop(delivery));
  CHECK(delivery.event->topic == "$registry/services/secret%2Fledger/state/running");
  options.network = "main";
  auto other = broker.subscribe(options, consumer);
  REQUIRE(other);
  CHECK_FALSE((*other)->pop(delivery));
}
