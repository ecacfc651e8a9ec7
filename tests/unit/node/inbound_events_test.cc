// Events from peers: what the rules are asked about is what the event goes by.
#include "node/inbound_events.h"

#include <catch2/catch_test_macros.hpp>

#include "policy/from_config.h"
#include "pubsub/broker.h"
#include "support/fakes.h"

using namespace runard;

namespace {

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override {}
};

// A node in two networks; its peer is in "main" only.
struct World {
  explicit World(std::vector<config::Rule> rules = {})
      : gate(*policy::from_config({config::Access::kMembers, std::move(rules), {}}), {}),
        registry("n", {"main", "backup"}, 1),
        broker(registry, clock, 1, 1),
        executor(clock),
        events({broker, gate, nullptr}, executor, [](transport::LinkId, std::uint64_t) {}),
        on_main(subscribe("main")),
        on_backup(subscribe("backup")) {
    gate.know({peer(), {}, {"main"}});
  }
  static core::NodeId peer() {
    core::NodeId id;
    id.bytes[0] = 1;
    return id;
  }
  std::shared_ptr<rpc::EventQueue> subscribe(std::string network) {
    return *broker.subscribe({std::move(network), ">", "", "test", {}}, consumer);
  }
  // How many events came of one that the peer sends to "main".
  int heard(std::string_view topic) {
    rpc::Event event;
    event.network = "main";
    event.topic = topic;
    event.source = peer();
    event.instance = 1;
    event.sequence = ++sequence;
    CHECK(events.event(7, 0, event, {}, {}) == transport::EventSink::Taken::kTaken);
    return count(*on_main) + count(*on_backup);
  }
  static int count(rpc::EventQueue& queue) {
    int events = 0;
    for (rpc::Delivery delivery; queue.pop(delivery); ++events) {
      queue.done(delivery.token, rpc::Verdict::kOk);
    }
    return events;
  }

  test::ManualClock clock;
  policy::Gate gate;
  registry::Registry registry;
  pubsub::Broker broker;
  test::ManualExecutor executor;
  node::InboundEvents events;
  Consumer consumer;
  std::shared_ptr<rpc::EventQueue> on_main, on_backup;
  std::uint64_t sequence = 0;
};

}  // namespace

TEST_CASE("T12: a topic can't name another network than the one it came over") {
  World world;
  CHECK(world.heard("orders/new") == 1);
  CHECK(world.heard("backup:orders/new") == 0);
  CHECK(world.heard("nowhere:orders/new") == 0);
}

TEST_CASE("T20: another spelling of a topic passes no rule") {
  World world({{{}, {"publish"}, {}, "", "admin/>"}});
  CHECK(world.heard("news/today") == 1);
  for (const char* topic : {"admin/x", "/admin/x", "admin//x", "admin/x/", "main:admin/x"}) {
    INFO(topic);
    CHECK(world.heard(topic) == 0);
  }
  CHECK(world.gate.stats().denied[static_cast<std::size_t>(policy::Action::kPublish)] == 1);
}
