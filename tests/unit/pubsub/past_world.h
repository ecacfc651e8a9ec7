// A broker whose peers are asked for their past by hand.
#pragma once

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "pubsub/broker.h"
#include "support/fakes.h"
#include "support/result_text.h"

namespace runard::test::past {

using namespace std::chrono_literals;
using core::Errc;
using pubsub::RemotePast;

using Lines = std::vector<std::string>;

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override { ++wakes; }
  int wakes = 0;
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

struct Peers final : pubsub::EventPeers {
  struct Asked {
    core::NodeId node;
    rpc::PastQuery query;
    Done done;
  };
  Sent send(core::NodeId, const rpc::Event&) override { return Sent::kSent; }
  void ask_past(const core::NodeId& node, rpc::PastQuery query, Done done) override {
    asked.push_back({node, std::move(query), std::move(done)});
  }
  std::vector<Asked> asked;
};

inline core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes[0] = number;
  return id;
}

// An event of node `number`: its body is the sequence.
inline rpc::EventPtr event(std::uint8_t number, std::string topic, std::uint64_t sequence,
                           std::uint64_t instance = 1) {
  auto made = std::make_shared<rpc::StoredEvent>();
  made->network = "main";
  made->topic = std::move(topic);
  made->source = node(number);
  made->instance = instance;
  made->sequence = sequence;
  made->flags = rpc::kRemoteEvent;
  return made;
}

struct World {
  World() : registry("n", {"main", "backup"}, 1), broker(registry, clock, 1, 1) {
    broker.set_peers(&peers);
  }
  void up(std::uint8_t number, std::uint64_t run = 1, std::string network = "main") {
    broker.peer_up(node(number), run, {std::move(network)});
  }
  std::shared_ptr<rpc::EventQueue> subscribe(std::string pattern,
                                             rpc::SubscribeOptions options = {}) {
    options.network = "main";
    options.pattern = std::move(pattern);
    options.include_past = 60s;
    auto queue = broker.subscribe(options, consumer);
    REQUIRE(queue);
    return *queue;
  }
  void live(const rpc::EventPtr& stored) {
    rpc::Event event;
    event.network = stored->network;
    event.topic = stored->topic;
    event.source = stored->source;
    event.instance = stored->instance;
    event.sequence = stored->sequence;
    event.flags = rpc::kRemoteEvent;
    broker.publish(event, {});
  }
  // The answer to the oldest question.
  void answer(core::Result<rpc::PastPage> page) {
    REQUIRE_FALSE(peers.asked.empty());
    Peers::Asked asked = std::move(peers.asked.front());
    peers.asked.erase(peers.asked.begin());
    asked.done(std::move(page));
  }
  void answer(std::vector<rpc::EventPtr> newest_first, std::uint64_t next = 0,
              std::uint64_t omitted = 0) {
    answer(rpc::PastPage{std::move(newest_first), next, omitted});
  }
  rpc::Receipt publish(std::string_view topic, std::string_view body,
                       rpc::PublishOptions options = {}) {
    options.retain_for = options.retain_for == 0s ? 60s : options.retain_for;
    rpc::Event event;
    event.network = "main";
    event.topic = topic;
    event.publisher = "p";
    event.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kText);
    return broker.publish(event, options);
  }
  // `number` tells of its subscription.
  void add_peer(std::uint8_t number, registry::SubscriptionRow row) {
    registry::NodeRows rows;
    rows.node = node(number);
    rows.epoch = rows.version = 1;
    rows.subscriptions = {std::move(row)};
    registry.replace(rows, link);
  }

  test::ManualClock clock;
  registry::Registry registry;
  Peers peers;
  NoHandler link;
  Consumer consumer;
  pubsub::Broker broker;
};

inline Lines drain(rpc::EventQueue& queue) {
  Lines got;
  rpc::Delivery delivery;
  while (queue.pop(delivery)) {
    const bool past = (delivery.flags & rpc::kRetainedEvent) != 0;
    const bool gap = (delivery.flags & rpc::kEventGap) != 0;
    got.push_back(fmt::format("{}{}{}{}", delivery.event->topic, delivery.event->sequence,
                              past ? " past" : "", gap ? " gap" : ""));
    queue.done(delivery.token, rpc::Verdict::kOk);
  }
  return got;
}

inline rpc::PastQuery question(std::string pattern, std::uint64_t events = 1000,
                               std::uint64_t bytes = 1U << 20) {
  rpc::PastQuery query;
  query.network = "main";
  query.pattern = std::move(pattern);
  query.max_age = 60s;
  query.events = events;
  query.bytes = bytes;
  return query;
}

inline Lines bodies(const core::Result<rpc::PastPage>& page) {
  Lines got;
  REQUIRE(page);
  for (const auto& stored : page->events) {
    got.emplace_back(core::as_text(stored->payload.bytes));
  }
  return got;
}

}  // namespace runard::test::past
