// links: pubsub
#include "system/remote_services.h"

#include <catch2/catch_test_macros.hpp>

#include "pubsub/broker.h"
#include "support/fakes.h"

using namespace runard;
using registry::ServiceState;

namespace {

using Lines = std::vector<std::string>;

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override {}
};

struct World {
  World() {
    node.node.bytes[0] = 1;
    for (const char* network : {"main", "backup"}) {
      rpc::SubscribeOptions options;
      options.network = network;
      options.pattern = "$registry/>";
      options.queue_limit = 4096;
      queues.push_back(*broker.subscribe(options, consumer));
    }
  }
  void put(std::string network, std::string path, ServiceState state) {
    std::erase_if(node.services, [&](const auto& row) { return row.path == path; });
    registry::ServiceRow row;
    row.network = std::move(network);
    row.path = std::move(path);
    row.state = state;
    node.services.push_back(std::move(row));
  }
  Lines changed() {
    services.changed(node);
    return heard();
  }
  Lines heard() {
    Lines got;
    rpc::Delivery delivery;
    for (const auto& queue : queues) {
      while (queue->pop(delivery)) {
        const std::string prefix = "$registry/services/";
        got.push_back(delivery.event->network + " " + delivery.event->topic.substr(prefix.size()));
        const auto body = core::as_text(delivery.event->payload.bytes);
        CHECK(body.find(node.node.text()) != std::string_view::npos);
        queue->done(delivery.token, rpc::Verdict::kOk);
      }
    }
    return got;
  }
  test::ManualClock clock;
  registry::Registry registry{"n", {"main", "backup"}, 1};
  pubsub::Broker broker{registry, clock, 1, 1};
  system::RegistryEvents events{broker};
  std::vector<std::string> log;
  system::RemoteServices services{
      events, core::Log(std::make_shared<core::LogSink>(
                            clock, core::LogFormat::kText,
                            [this](std::string_view line) { log.emplace_back(line); }),
                        "mesh")};
  Consumer consumer;
  std::vector<std::shared_ptr<rpc::EventQueue>> queues;
  registry::NodeRows node;
};

}  // namespace

TEST_CASE("each change of another node's service is told once, in the service's network") {
  World world;
  world.put("main", "math", ServiceState::kRunning);
  world.put("backup", "a/b", ServiceState::kStarting);
  CHECK(world.changed() == Lines{"main math/state/running", "backup a%2Fb/state/starting"});
  CHECK(world.changed().empty());
  world.put("backup", "a/b", ServiceState::kRunning);
  CHECK(world.changed() == Lines{"backup a%2Fb/state/running"});
  world.put("main", "math", ServiceState::kPaused);
  CHECK(world.changed() == Lines{"main math/state/paused"});
}

TEST_CASE("a service that is gone has stopped, and so have all when their node is gone") {
  World world;
  world.put("main", "math", ServiceState::kRunning);
  world.put("main", "logs", ServiceState::kRunning);
  world.put("main", "old", ServiceState::kStopped);  // it was before this node knew it
  CHECK(world.changed() == Lines{"main logs/state/running", "main math/state/running"});
  std::erase_if(world.node.services, [](const auto& row) { return row.path == "logs"; });
  CHECK(world.changed() == Lines{"main logs/state/stopped"});
  world.services.gone(world.node.node);
  CHECK(world.heard() == Lines{"main math/state/stopped"});
  world.services.gone(world.node.node);
  CHECK(world.heard().empty());
  CHECK(world.changed() == Lines{"main math/state/running"});
}

TEST_CASE("of one node's services so many are told, and others when there is room") {
  World world;
  constexpr std::size_t kMost = system::RemoteServices::kMostServices;
  const auto put = [&](std::size_t first, std::size_t count) {
    world.node.services.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      registry::ServiceRow& row = world.node.services[i];
      row.network = "main";
      row.path = "s" + std::to_string(10'000 + first + i);
      row.state = ServiceState::kRunning;
    }
  };
  put(0, kMost);
  CHECK(world.changed().size() == kMost);
  CHECK(world.log.empty());
  put(0, kMost + 2);
  CHECK(world.changed().empty());
  CHECK(world.changed().empty());
  REQUIRE(world.log.size() == 1);
  CHECK(world.log[0].find("untold=2") != std::string::npos);
  INFO("other names instead are told no faster than that");
  put(1, kMost + 1);
  CHECK(world.changed() == Lines{"main s10000/state/stopped", "main s11024/state/running"});
  put(50'000, 20 * kMost);
  CHECK(world.changed().size() == 2 * kMost);
  CHECK(world.log.size() == 1);
  world.services.gone(world.node.node);
  CHECK(world.heard().size() == kMost);
}

TEST_CASE("services of a node that drains are told as draining") {
  World world;
  world.put("main", "math", ServiceState::kRunning);
  world.put("main", "held", ServiceState::kPaused);
  world.changed();
  world.node.draining = true;
  CHECK(world.changed() == Lines{"main math/state/draining"});
}

TEST_CASE("peer events go to the networks that the peer is in, and to no other") {
  World world;
  world.events.peer({"backup"}, world.node.node, "b", "discovered");
  rpc::Delivery delivery;
  CHECK_FALSE(world.queues[0]->pop(delivery));
  REQUIRE(world.queues[1]->pop(delivery));
  CHECK(delivery.event->topic == "$registry/peer/" + world.node.node.text() + "/discovered");
}
