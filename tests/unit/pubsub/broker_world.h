// A broker with peers that only write down what they are sent.
#pragma once

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "pubsub/broker.h"
#include "support/fakes.h"

namespace runard::test::events {

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override { ++wakes; }
  std::atomic<int> wakes{0};
};

struct FakePeers final : pubsub::EventPeers {
  void ask_past(const core::NodeId& node, rpc::PastQuery query, Done done) override {
    asked.push_back({node, std::move(query), std::move(done)});
  }
  Sent send(core::NodeId node, const rpc::Event& event) override {
    std::string line = std::to_string(node.bytes[0]) + " " + std::string(event.topic);
    line += event.ungrouped ? " all" : "";
    for (const auto group : event.groups) {
      line += " " + std::string(group);
    }
    sent.push_back(line);
    return answer;
  }
  struct Asked {
    core::NodeId node;
    rpc::PastQuery query;
    Done done;
  };
  std::vector<std::string> sent;
  std::vector<Asked> asked;
  Sent answer = Sent::kSent;
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

struct World {
  World() : registry("n", {"main", "backup"}, 1), broker(registry, clock, 1, 1) {
    broker.set_peers(&peers);
  }

  rpc::Receipt publish(std::string_view topic, std::string_view body = "x",
                       rpc::PublishOptions options = {}) {
    rpc::Event event;
    event.network = "main";
    event.topic = topic;
    event.publisher = "test";
    event.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kText);
    return broker.publish(event, options);
  }
  std::shared_ptr<rpc::EventQueue> subscribe(std::string pattern,
                                             rpc::SubscribeOptions options = {}) {
    options.network = "main";
    options.pattern = std::move(pattern);
    auto queue = broker.subscribe(options, consumer);
    REQUIRE(queue);
    return *queue;
  }
  void add_peer(std::uint8_t number, std::vector<registry::SubscriptionRow> rows) {
    registry::NodeRows node;
    node.node.bytes[0] = number;
    node.subscriptions = std::move(rows);
    registry.replace(node, link);
  }

  test::ManualClock clock;
  registry::Registry registry;
  FakePeers peers;
  NoHandler link;
  Consumer consumer;
  pubsub::Broker broker;
};

inline std::vector<std::string> drain(rpc::EventQueue& queue) {
  std::vector<std::string> got;
  rpc::Delivery delivery;
  while (queue.pop(delivery)) {
    std::string line =
        delivery.event->topic + "=" + std::string(core::as_text(delivery.event->payload.bytes));
    line += (delivery.flags & rpc::kRetainedEvent) != 0 ? " past" : "";
    line += (delivery.flags & rpc::kEventGap) != 0 ? " gap" : "";
    got.push_back(line);
    queue.done(delivery.token, rpc::Verdict::kOk);
  }
  return got;
}

using Lines = std::vector<std::string>;

}  // namespace runard::test::events
