// Retained events: what who subscribes later gets of the past.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <thread>

#include "broker_world.h"

using namespace runard;
using namespace runard::test::events;
using namespace std::chrono_literals;

TEST_CASE("replay and live join without gap and without double, whatever races") {
  World world;
  constexpr int kEvents = 3000;
  rpc::PublishOptions keep;
  keep.retain_for = 60s;
  std::thread publisher([&] {
    for (int i = 1; i <= kEvents; ++i) {
      world.publish("a/" + std::to_string(i), std::to_string(i), keep);
    }
  });
  rpc::SubscribeOptions options;
  options.include_past = 60s;
  options.queue_limit = 2 * kEvents;
  const auto queue = world.subscribe("a/*", options);
  publisher.join();
  std::map<std::string, int> seen;
  rpc::Delivery delivery;
  while (queue->pop(delivery)) {
    ++seen[delivery.event->topic];
    queue->done(delivery.token, rpc::Verdict::kOk);
  }
  CHECK(seen.size() == kEvents);
  for (const auto& [topic, count] : seen) {
    REQUIRE(count == 1);
  }
}

TEST_CASE("a subscription that begins amid a stream of retained events misses none of them") {
  World world;
  rpc::PublishOptions keep;
  keep.retain_for = 60s;
  std::atomic<bool> over{false};
  std::thread publisher([&] {
    for (int i = 0; i < 20'000; ++i) {
      world.publish("a", "x", keep);
    }
    over = true;
  });
  rpc::SubscribeOptions options;
  options.include_past = 60s;
  options.queue_limit = 100'000;
  options.queue_bytes = 1U << 30;
  std::vector<std::shared_ptr<rpc::EventQueue>> queues;
  while (!over || queues.empty()) {
    queues.push_back(world.subscribe("a", options));
    if (queues.size() > 8) {
      queues.erase(queues.begin());
    }
  }
  publisher.join();
  for (const auto& queue : queues) {
    std::uint64_t last = 0;
    rpc::Delivery delivery;
    while (queue->pop(delivery)) {
      REQUIRE((last == 0 || delivery.event->sequence == last + 1));
      last = delivery.event->sequence;
      queue->done(delivery.token, rpc::Verdict::kOk);
    }
    CHECK(last == 20'000);
  }
}

TEST_CASE("what many small retained events take is bounded too") {
  pubsub::TopicStore store;
  for (std::size_t i = 0; i < 100'000; ++i) {
    auto small = std::make_shared<rpc::StoredEvent>();
    small->topic = std::to_string(i % 8000);
    store.retain({small, {}, core::TimePoint::max(), i, true, {}});
  }
  std::vector<pubsub::TopicStore::Kept> out;
  store.collect({}, {}, [](const auto&) { return true; }, out);
  CHECK(out.size() <= pubsub::TopicStore::kMaxBytes / pubsub::TopicStore::kEventOverhead);
  CHECK(out.size() > 1000);
  CHECK(store.bytes() <= pubsub::TopicStore::kMaxBytes);
}

TEST_CASE("what the system tells displaces nothing that a service keeps, and is bounded") {
  World world;
  rpc::PublishOptions keep;
  keep.retain_for = 60s;
  world.publish("a", "kept", keep);
  world.publish("a", "too", keep);
  rpc::PublishOptions system = keep;
  system.system = true;
  const std::string large(64U << 10, 'x');
  for (int i = 0; i < 2000; ++i) {
    world.publish("$registry/services/" + std::to_string(i), large, system);
  }
  rpc::SubscribeOptions options;
  options.include_past = 60s;
  options.queue_limit = 4000;
  options.queue_bytes = 1U << 30;
  CHECK(drain(*world.subscribe("a", options)) == Lines{"a=kept past", "a=too past"});
  const auto told = drain(*world.subscribe("$registry/>", options));
  CHECK(told.size() * large.size() <= 16U << 20);
  REQUIRE_FALSE(told.empty());
  CHECK(told.back().starts_with("$registry/services/1999="));
  world.clock.advance(61s);
  world.broker.expire();
  CHECK(drain(*world.subscribe("$registry/>", options)).empty());
}

TEST_CASE("a store of few topics forgets the oldest") {
  pubsub::TopicStore store(2, 4096);
  for (const char* topic : {"a", "b", "c"}) {
    auto event = std::make_shared<rpc::StoredEvent>();
    event->topic = topic;
    store.retain({event, {}, core::TimePoint(1s), 0, true, {}});
  }
  std::vector<pubsub::TopicStore::Kept> out;
  store.collect({}, {}, [](const auto&) { return true; }, out);
  REQUIRE(out.size() == 2);
  CHECK(std::ranges::none_of(out, [](const auto& kept) { return kept.event->topic == "a"; }));
  CHECK(store.bytes() == 2 * pubsub::TopicStore::kEventOverhead);
}

TEST_CASE("retained events are bounded and expire") {
  World world;
  rpc::PublishOptions keep;
  keep.retain_for = 60s;
  for (int i = 0; i < 100; ++i) {
    world.publish("a", std::to_string(i), keep);
  }
  rpc::SubscribeOptions options;
  options.include_past = 60s;
  CHECK(drain(*world.subscribe("a", options)).size() == pubsub::TopicStore::kMaxEventsPerTopic);
  world.clock.advance(61s);
  world.broker.expire();
  CHECK(drain(*world.subscribe("a", options)).empty());
}
