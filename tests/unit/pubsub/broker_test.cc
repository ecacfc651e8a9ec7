#include "pubsub/broker.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <thread>

#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using rpc::Overflow;

namespace {

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

std::vector<std::string> drain(rpc::EventQueue& queue) {
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

}  // namespace

TEST_CASE(
    "events reach fitting subscriptions in order, with their real topic and growing sequences") {
  World world;
  const auto all = world.subscribe("math/*");
  const auto one = world.subscribe("math/result");
  const auto other = world.subscribe("users/>");
  CHECK(world.publish("math/result", "1").reached == 2);
  CHECK(world.publish("math/other", "2").reached == 1);
  world.publish("math/result", "3");
  CHECK(drain(*all) == Lines{"math/result=1", "math/other=2", "math/result=3"});
  CHECK(drain(*one) == Lines{"math/result=1", "math/result=3"});
  CHECK(drain(*other).empty());
}

TEST_CASE("the consumer is woken once for each change from empty") {
  World world;
  const auto queue = world.subscribe("a");
  world.publish("a");
  world.publish("a");
  CHECK(world.consumer.wakes == 1);
  drain(*queue);
  world.publish("a");
  CHECK(world.consumer.wakes == 2);
}

TEST_CASE("dropping the queue ends the subscription, and only that one") {
  World world;
  auto first = world.subscribe("a");
  const auto second = world.subscribe("a");
  first.reset();
  CHECK(world.publish("a").reached == 1);
  CHECK(drain(*second) == Lines{"a=x"});
  CHECK(world.broker.stats().subscriptions == 1);
}

TEST_CASE("a full queue drops the oldest, and the next delivery says so") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 2;
  const auto queue = world.subscribe("a", options);
  for (const char* body : {"1", "2", "3", "4"}) {
    world.publish("a", body);
  }
  CHECK(drain(*queue) == Lines{"a=3 gap", "a=4"});
  CHECK(queue->dropped() == 2);
}

TEST_CASE("a full queue drops the newest") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 2;
  options.overflow = Overflow::kDropNewest;
  const auto queue = world.subscribe("a", options);
  for (const char* body : {"1", "2", "3"}) {
    world.publish("a", body);
  }
  CHECK(drain(*queue) == Lines{"a=1", "a=2"});
  world.publish("a", "4");
  CHECK(drain(*queue) == Lines{"a=4 gap"});
}

TEST_CASE("a full queue disconnects its subscriber") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kDisconnect;
  const auto queue = world.subscribe("a", options);
  world.publish("a");
  world.publish("a");
  CHECK(queue->closed());
  CHECK(drain(*queue).empty());
}

TEST_CASE("a full blocking queue makes the publisher busy, and nobody gets the event") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kBlock;
  const auto other = world.subscribe("a");
  const auto blocking = world.subscribe("a", options);
  CHECK(world.publish("a", "1").code == Errc{});
  CHECK(world.publish("a", "2").code == Errc::kBackpressure);
  CHECK(drain(*other) == Lines{"a=1"});
  CHECK(drain(*blocking) == Lines{"a=1"});
  CHECK(world.publish("a", "3").code == Errc{});
  CHECK(drain(*other) == Lines{"a=3"});
}

TEST_CASE("a delivery counts against the queue until it is done") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_limit = 1;
  options.overflow = Overflow::kBlock;
  const auto queue = world.subscribe("a", options);
  world.publish("a", "1");
  rpc::Delivery delivery;
  REQUIRE(queue->pop(delivery));
  CHECK(world.publish("a", "2").code == Errc::kBackpressure);
  queue->done(delivery.token, rpc::Verdict::kOk);
  CHECK(world.publish("a", "2").code == Errc{});
}

TEST_CASE("a queue is bounded in bytes too, but one event always fits") {
  World world;
  rpc::SubscribeOptions options;
  options.queue_bytes = 1000;
  const auto queue = world.subscribe("a", options);
  world.publish("a", std::string(5000, 'x'));
  CHECK(drain(*queue).size() == 1);
  for (int i = 0; i < 10; ++i) {
    world.publish("a", std::string(300, 'x'));
  }
  CHECK(drain(*queue).size() == 1);
}

TEST_CASE(
    "retained events are replayed oldest first, within the age asked for and the publisher's "
    "time") {
  World world;
  rpc::PublishOptions minute, second;
  minute.retain_for = 60s;
  second.retain_for = 1s;
  world.publish("a/1", "old", minute);
  world.clock.advance(30s);
  world.publish("a/2", "short", second);
  world.publish("a/1", "new", minute);
  world.publish("a/3", "live only");
  world.clock.advance(2s);
  rpc::SubscribeOptions options;
  options.include_past = 10s;
  CHECK(drain(*world.subscribe("a/*", options)) == Lines{"a/1=new past"});
  options.include_past = 100s;
  CHECK(drain(*world.subscribe("a/>", options)) == Lines{"a/1=old past", "a/1=new past"});
  CHECK(drain(*world.subscribe("a/>")).empty());
}

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

TEST_CASE("one member of a group gets an event, in turn") {
  World world;
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto first = world.subscribe("a", options);
  const auto second = world.subscribe("a", options);
  for (int i = 0; i < 10; ++i) {
    CHECK(world.publish("a").reached == 1);
  }
  CHECK(drain(*first).size() == 5);
  CHECK(drain(*second).size() == 5);
}

TEST_CASE(
    "each node that wants a topic gets one copy, naming its groups; groups prefer this node") {
  World world;
  world.add_peer(1, {{"main", "a", ""}, {"main", "*", ""}, {"main", "a", "g"}});
  world.add_peer(2, {{"main", "a", "g"}});
  world.add_peer(3, {{"main", "b", ""}});
  world.add_peer(4, {{"backup", "a", ""}});
  world.publish("a");
  REQUIRE_FALSE(world.peers.sent.empty());
  CHECK(world.peers.sent[0].starts_with("1 a all"));
  world.peers.sent.clear();
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto local = world.subscribe("a", options);
  world.publish("a");
  CHECK(world.peers.sent == Lines{"1 a all"});
  CHECK(drain(*local) == Lines{"a=x"});
}

TEST_CASE("an event for this node only, or for one peer, goes nowhere else") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.add_peer(2, {{"main", "a", ""}});
  const auto here = world.subscribe("a");
  rpc::PublishOptions options;
  options.broadcast = false;
  CHECK(world.publish("a", "x", options).reached == 1);
  CHECK(world.peers.sent.empty());
  options = {};
  options.target.bytes[0] = 2;
  CHECK(world.publish("a", "y", options).reached == 1);
  CHECK(world.peers.sent == Lines{"2 a all"});
  CHECK(drain(*here) == Lines{"a=x"});
}

TEST_CASE("an event from a peer is delivered here and sent to nobody") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  const auto plain = world.subscribe("a");
  rpc::SubscribeOptions options;
  options.group = "g";
  const auto grouped = world.subscribe("a", options);
  rpc::Event event;
  event.network = "main";
  event.topic = "a";
  event.flags = rpc::kRemoteEvent;
  event.sequence = 77;
  event.ungrouped = true;
  world.broker.publish(event, {});
  CHECK(drain(*plain).size() == 1);
  CHECK(drain(*grouped).empty());
  const std::string_view groups[] = {"g"};
  event.groups = groups;
  event.ungrouped = false;
  world.broker.publish(event, {});
  CHECK(drain(*plain).empty());
  CHECK(drain(*grouped).size() == 1);
  CHECK(world.peers.sent.empty());
}

TEST_CASE("a peer without room or link is counted, the others get the event") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  const auto here = world.subscribe("a");
  for (const auto answer : {pubsub::EventPeers::Sent::kNoRoom, pubsub::EventPeers::Sent::kNoLink}) {
    world.peers.answer = answer;
    CHECK(world.publish("a").reached == 1);
  }
  CHECK(world.broker.stats().peer_losses == 2);
  CHECK(drain(*here).size() == 2);
}

TEST_CASE("an event that only peers without room want is refused, and its number is not spent") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  CHECK(world.publish("a").reached == 1);
  world.peers.answer = pubsub::EventPeers::Sent::kNoRoom;
  for (int i = 0; i < 3; ++i) {
    CHECK(world.publish("a").code == Errc::kBackpressure);
  }
  CHECK(world.broker.stats().refused == 3);
  CHECK(world.broker.stats().published == 1);
  CHECK(world.broker.stats().peer_losses == 0);
  const auto here = world.subscribe("a");
  world.publish("a");
  rpc::Delivery delivery;
  REQUIRE(here->pop(delivery));
  CHECK(delivery.event->sequence == 2);
}

TEST_CASE("an event whose only peer has no link is nobody's, not refused") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.peers.answer = pubsub::EventPeers::Sent::kNoLink;
  const rpc::Receipt receipt = world.publish("a");
  CHECK(receipt.code == Errc{});
  CHECK(receipt.reached == 0);
}

TEST_CASE("an event that is retained is taken though the peers have no room") {
  World world;
  world.add_peer(1, {{"main", "a", ""}});
  world.peers.answer = pubsub::EventPeers::Sent::kNoRoom;
  rpc::PublishOptions options;
  options.retain_for = 10s;
  CHECK(world.publish("a", "x", options).code == Errc{});
  CHECK(world.broker.stats().peer_losses == 1);
}

TEST_CASE("bad topics, foreign networks and promises that can't be kept are refused") {
  World world;
  CHECK(world.publish("a/*").code == Errc::kBadTopic);
  CHECK(world.publish("").code == Errc::kBadTopic);
  CHECK(world.publish("other:a").code == Errc::kDenied);
  rpc::PublishOptions options;
  options.guaranteed = true;
  CHECK(world.publish("a", "x", options).code == Errc::kNotInThisVersion);
  CHECK(world.publish("$registry/peer/x/discovered").code == Errc::kReservedPath);
  rpc::Event forged;
  forged.network = "main";
  forged.topic = "$registry/peer/x/discovered";
  forged.flags = rpc::kRemoteEvent;
  const auto listener = world.subscribe("$registry/>");
  CHECK(world.broker.publish(forged, {}).code == Errc::kReservedPath);
  CHECK(drain(*listener).empty());
  options = {};
  options.system = true;
  CHECK(world.publish("$registry/peer/x/discovered", "x", options).reached == 1);
  rpc::SubscribeOptions bad;
  bad.network = "main";
  bad.pattern = "a/>/b";
  CHECK(world.broker.subscribe(bad, world.consumer).error().code == Errc::kBadPattern);
  bad.pattern = "other:a";
  CHECK(world.broker.subscribe(bad, world.consumer).error().code == Errc::kDenied);
}

TEST_CASE("sequences count by one for each publisher and topic") {
  World world;
  const auto queue = world.subscribe(">");
  world.publish("a");
  world.publish("b");
  world.publish("a");
  rpc::Delivery first, second, third;
  REQUIRE((queue->pop(first) && queue->pop(second) && queue->pop(third)));
  CHECK(first.event->sequence == 1);
  CHECK(second.event->sequence == 1);
  CHECK(third.event->sequence == 2);
  CHECK(first.event->instance == third.event->instance);
  CHECK(first.event->instance != second.event->instance);
}

TEST_CASE(
    "a burst of topics does not grow the store, and a forgotten topic begins a new instance") {
  pubsub::TopicStore store;
  std::atomic<std::uint64_t> instances{1};
  const auto first = store.next("main", "a", "p", 1U << 20, instances);
  for (std::size_t i = 0; i <= pubsub::TopicStore::kMaxTopics; ++i) {
    store.next("main", std::to_string(i), "p", 1U << 20, instances);
  }
  const auto again = store.next("main", "a", "p", 1U << 20, instances);
  CHECK(first.sequence == 1);
  CHECK(first.instance == (1U << 20 | 1));
  CHECK(again.sequence == 1);
  CHECK(again.instance == (1U << 20 | (pubsub::TopicStore::kMaxTopics + 3)));
}

TEST_CASE("topics that differ only in where network, topic and publisher end are different ones") {
  pubsub::TopicStore store;
  std::atomic<std::uint64_t> instances{1};
  const std::string long_topic(1000, 't');
  CHECK(store.next("main", "a", "bc", 0, instances).sequence == 1);
  CHECK(store.next("main", "ab", "c", 0, instances).sequence == 1);
  CHECK(store.next("maina", "b", "c", 0, instances).sequence == 1);
  CHECK(store.next("main", long_topic, "c", 0, instances).sequence == 1);
  CHECK(store.next("main", long_topic, "c", 0, instances).sequence == 2);
  CHECK(store.next("main", "a", "bc", 0, instances).sequence == 2);
}
