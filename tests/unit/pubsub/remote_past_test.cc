// What subscriptions get of other nodes' retained events, and what this node tells of its own.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "pubsub/broker.h"
#include "support/fakes.h"
#include "support/result_text.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using pubsub::RemotePast;

namespace {

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

core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes[0] = number;
  return id;
}

// An event of node `number`: its body is the sequence.
rpc::EventPtr event(std::uint8_t number, std::string topic, std::uint64_t sequence,
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

Lines drain(rpc::EventQueue& queue) {
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

rpc::PastQuery question(std::string pattern, std::uint64_t events = 1000,
                        std::uint64_t bytes = 1U << 20) {
  rpc::PastQuery query;
  query.network = "main";
  query.pattern = std::move(pattern);
  query.max_age = 60s;
  query.events = events;
  query.bytes = bytes;
  return query;
}

Lines bodies(const core::Result<rpc::PastPage>& page) {
  Lines got;
  REQUIRE(page);
  for (const auto& stored : page->events) {
    got.emplace_back(core::as_text(stored->payload.bytes));
  }
  return got;
}

}  // namespace

TEST_CASE("each linked node of the network is asked once, with what the subscription wants") {
  World world;
  world.up(1);
  world.up(2);
  world.up(3, 1, "backup");
  rpc::SubscribeOptions options;
  options.group = "g";
  options.queue_limit = 50;
  const auto queue = world.subscribe("a/*", options);
  REQUIRE(world.peers.asked.size() == 2);
  const rpc::PastQuery& query = world.peers.asked[0].query;
  CHECK(world.peers.asked[0].node == node(1));
  CHECK(query.network == "main");
  CHECK(query.pattern == "a/*");
  CHECK(query.group == "g");
  CHECK(query.max_age == 60s);
  CHECK(query.events == 50);
  world.up(1);  // another link of the same run
  CHECK(world.peers.asked.size() == 2);
}

TEST_CASE("who wants no past, or only what is the system's, asks nobody") {
  World world;
  world.up(1);
  rpc::SubscribeOptions options;
  options.network = "main";
  options.pattern = "a";
  const auto live = world.broker.subscribe(options, world.consumer);
  const auto system = world.subscribe("$registry/>");
  CHECK(world.peers.asked.empty());
}

TEST_CASE("the past of a node comes before what it publishes meanwhile, each event once") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a/*");
  world.live(event(1, "a/x", 3));
  world.live(event(1, "a/x", 4));
  world.live(event(2, "a/x", 9));  // another node's passes
  CHECK(drain(*queue) == Lines{"a/x9"});
  world.answer({event(1, "a/x", 3), event(1, "a/y", 1), event(1, "a/x", 2)});
  CHECK(drain(*queue) == Lines{"a/x2 past", "a/y1 past", "a/x3 past", "a/x4"});
  world.live(event(1, "a/x", 5));
  CHECK(drain(*queue) == Lines{"a/x5"});
  CHECK(queue->dropped() == 0);
}

TEST_CASE("the consumer is woken when what it could not have becomes there") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a");
  world.live(event(1, "a", 2));
  CHECK(world.consumer.wakes == 0);
  world.answer({event(1, "a", 1)});
  CHECK(world.consumer.wakes == 1);
  drain(*queue);
  world.live(event(1, "a", 3));
  CHECK(world.consumer.wakes == 2);
}

TEST_CASE("a node that can't tell its past goes on live") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a");
  world.live(event(1, "a", 7));
  world.answer(core::fail(Errc::kNoService, "an older version"));
  CHECK(drain(*queue) == Lines{"a7"});
  CHECK(queue->dropped() == 0);
}

TEST_CASE("a node that links later is asked then") {
  World world;
  const auto queue = world.subscribe("a");
  CHECK(world.peers.asked.empty());
  world.clock.advance(10s);
  world.up(1);
  REQUIRE(world.peers.asked.size() == 1);
  CHECK(world.peers.asked[0].query.max_age == 70s);  // since 60 s before the subscription began
  world.answer({event(1, "a", 1)});
  CHECK(drain(*queue) == Lines{"a1 past"});
}

TEST_CASE("a node that was lost is asked again, for what was missed only") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a/*");
  world.answer({event(1, "a/x", 2)});
  world.live(event(1, "a/x", 3));
  CHECK(drain(*queue) == Lines{"a/x2 past", "a/x3"});
  world.broker.peer_down(node(1));
  world.up(1);
  world.answer({event(1, "a/y", 1), event(1, "a/x", 4), event(1, "a/x", 3), event(1, "a/x", 2)});
  CHECK(drain(*queue) == Lines{"a/x4 past", "a/y1 past"});
}

TEST_CASE("another run of a node begins anew") {
  World world;
  world.up(1, 1);
  const auto queue = world.subscribe("a");
  world.answer({event(1, "a", 9, 1)});
  world.up(1, 2);
  world.answer({event(1, "a", 1, 2)});
  CHECK(drain(*queue) == Lines{"a9 past", "a1 past"});
}

TEST_CASE("a node that goes mid replay leaves what it told, with a gap, and is asked again") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a");
  world.live(event(1, "a", 6));
  world.answer({event(1, "a", 5)}, 50);
  world.broker.peer_down(node(1));
  world.answer(core::fail(Errc::kLinkLost, ""));
  CHECK(drain(*queue) == Lines{"a5 past gap", "a6"});
  CHECK(queue->dropped() == 1);
  world.up(1);
  world.answer({event(1, "a", 7), event(1, "a", 6), event(1, "a", 5), event(1, "a", 4)});
  CHECK(drain(*queue) == Lines{"a7 past"});  // 4 would come after 6
}

TEST_CASE("the answer to a question of an earlier run or link is void") {
  World world;
  world.up(1, 1);
  const auto queue = world.subscribe("a");
  world.up(1, 2);
  world.live(event(1, "a", 2, 2));
  world.answer({event(1, "a", 9, 1)});
  CHECK(drain(*queue).empty());  // it waits for the run that is
  world.answer({event(1, "a", 1, 2)});
  CHECK(drain(*queue) == Lines{"a1 past", "a2"});
}

TEST_CASE("a past of many pages is put together in order") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a");
  world.answer({event(1, "a", 6), event(1, "a", 5)}, 500);
  REQUIRE(world.peers.asked.size() == 1);
  CHECK(world.peers.asked[0].query.before == 500);
  CHECK(world.peers.asked[0].query.events == 1022);
  CHECK(drain(*queue).empty());
  world.answer({event(1, "a", 4), event(1, "a", 3)}, 300);
  world.answer({event(1, "a", 2)});
  CHECK(drain(*queue) == Lines{"a2 past", "a3 past", "a4 past", "a5 past", "a6 past"});
}

TEST_CASE("of too many retained events the newest that fit come, and the loss is told") {
  World world;
  world.up(1);
  rpc::SubscribeOptions options;
  options.queue_limit = 4;
  const auto queue = world.subscribe("a", options);
  world.live(event(1, "a", 9));
  std::vector<rpc::EventPtr> many;
  for (std::uint64_t n = 8; n > 0; --n) {
    many.push_back(event(1, "a", n));
  }
  world.answer(many);
  CHECK(drain(*queue) == Lines{"a6 past gap", "a7 past", "a8 past", "a9"});
  CHECK(queue->dropped() >= 2);
  CHECK(world.peers.asked.empty());
}

TEST_CASE("events too large for any page are told as lost") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a");
  world.answer({event(1, "a", 2)}, 0, 3);
  CHECK(drain(*queue) == Lines{"a2 past gap"});
  CHECK(queue->dropped() == 3);
}

TEST_CASE("a queue that may not lose events takes the past as far as there is room") {
  World world;
  world.up(1);
  rpc::SubscribeOptions options;
  options.queue_limit = 2;
  options.overflow = rpc::Overflow::kBlock;
  const auto queue = world.subscribe("a", options);
  world.live(event(1, "a", 8));
  world.live(event(1, "a", 9));
  rpc::Event more;
  more.network = "main";
  more.topic = "a";
  CHECK(world.broker.publish(more, {}).code == Errc::kBackpressure);
  world.answer({event(1, "a", 7)});
  CHECK(drain(*queue) == Lines{"a8", "a9"});
  CHECK(queue->dropped() == 1);
}

TEST_CASE("a peer's page is looked at: topics that were not asked for, disorder, endless pages") {
  World world;
  world.up(1);
  const auto queue = world.subscribe("a/*");
  world.answer({event(1, "b", 1), event(1, "a/x/y", 1), event(1, "a//x", 1), event(1, "a/*", 1),
                event(1, "a/x", 1), event(1, "a/x", 1), event(1, "a/x", 2)},
               100);
  world.answer({event(1, "a/z", 1)}, 100);  // does not go on
  CHECK(world.peers.asked.empty());
  CHECK(drain(*queue) == Lines{"a/z1 past gap", "a/x2 past"});

  const auto second = world.subscribe("a/*");
  std::size_t pages = 0;
  for (std::uint64_t next = 1'000'000; !world.peers.asked.empty(); --next) {
    world.answer({}, next);
    REQUIRE(++pages <= RemotePast::kMaxPages);
  }
  CHECK(pages == RemotePast::kMaxPages);
}

TEST_CASE("questions out at once are bounded, in all and to one node, and the others follow") {
  World world;
  for (std::uint8_t number = 1; number <= 10; ++number) {
    world.up(number);
  }
  std::vector<std::shared_ptr<rpc::EventQueue>> queues;
  for (int i = 0; i < 5; ++i) {
    queues.push_back(world.subscribe(fmt::format("a/{}", i)));
  }
  std::size_t answered = 0;
  while (!world.peers.asked.empty()) {
    CHECK(world.peers.asked.size() <= RemotePast::kParallel);
    std::map<core::NodeId, std::size_t> each;
    for (const auto& asked : world.peers.asked) {
      CHECK(++each[asked.node] <= RemotePast::kPerNode);
    }
    world.answer(std::vector<rpc::EventPtr>{});
    ++answered;
  }
  CHECK(answered == 50);
}

TEST_CASE("a node that does not answer in time holds up neither live events nor others") {
  World world;
  world.up(1);
  std::vector<std::shared_ptr<rpc::EventQueue>> queues;
  for (std::size_t i = 0; i < RemotePast::kPerNode + 1; ++i) {
    queues.push_back(world.subscribe("a"));
  }
  world.up(2);
  CHECK(world.peers.asked.size() == 2 * RemotePast::kPerNode);
  world.clock.advance(RemotePast::kTimeout);
  for (std::size_t i = 0; i < RemotePast::kPerNode; ++i) {
    world.live(event(1, "a", i + 1));
    world.answer(core::fail(Errc::kDeadlineExceeded, ""));
  }
  CHECK(drain(*queues.back()) == Lines{"a1", "a2"});  // its question was too late to be sent
}

TEST_CASE("a subscription that ends while it asks leaves nothing behind") {
  World world;
  world.up(1);
  auto queue = world.subscribe("a");
  queue.reset();
  world.answer({event(1, "a", 1)}, 5);
  CHECK(world.peers.asked.empty());
  world.up(2);
  CHECK(world.peers.asked.empty());
}

TEST_CASE("topics that are remembered are bounded; then a lost node is not asked again") {
  World world;
  world.up(1);
  world.up(2);
  rpc::SubscribeOptions options;
  options.queue_limit = 100'000;
  options.queue_bytes = 1U << 30;
  const auto queue = world.subscribe("a/*", options);
  world.answer(std::vector<rpc::EventPtr>{});
  world.answer(std::vector<rpc::EventPtr>{});
  for (std::size_t i = 0; i <= pubsub::Queue::kMaxSeen; ++i) {
    world.live(event(1, fmt::format("a/{}", i), 1));
  }
  CHECK(drain(*queue).size() == pubsub::Queue::kMaxSeen + 1);
  for (std::uint8_t number = 1; number <= 2; ++number) {
    world.broker.peer_down(node(number));
    world.up(number);
  }
  REQUIRE(world.peers.asked.size() == 1);
  CHECK(world.peers.asked[0].node == node(2));  // of which nothing was forgotten
  world.up(1, 2);
  CHECK(world.peers.asked.size() == 2);
}

TEST_CASE("past and live do not double though no topic can be remembered any more") {
  World world;
  world.up(1);
  rpc::SubscribeOptions options;
  options.queue_limit = 100'000;
  options.queue_bytes = 1U << 30;
  const auto queue = world.subscribe("a/*", options);
  world.answer(std::vector<rpc::EventPtr>{});
  for (std::size_t i = 0; i <= pubsub::Queue::kMaxSeen; ++i) {
    world.live(event(1, fmt::format("a/{}", i), 1));
  }
  drain(*queue);
  world.up(2);
  world.live(event(2, "a/x", 1));
  world.live(event(2, "a/x", 2));
  world.answer({event(2, "a/x", 1)});
  CHECK(drain(*queue) == Lines{"a/x1 past", "a/x2"});
}

TEST_CASE("a peer is told what is retained here for its subscription, newest first") {
  World world;
  world.publish("a/1", "one");
  world.publish("a/2", "two");
  world.publish("a/1", "three");
  world.publish("b", "other");
  rpc::PublishOptions options;
  options.broadcast = false;
  world.publish("a/1", "only here", options);
  options.broadcast = true;
  options.target = node(1);
  world.publish("a/1", "for node 1", options);
  options.target = node(2);
  world.publish("a/1", "for node 2", options);
  world.add_peer(1, {"main", "a/*", ""});
  const auto page = world.broker.past(question("a/*"), node(1));
  CHECK(bodies(page) == Lines{"for node 1", "three", "two", "one"});
  CHECK(page->next == 0);
  CHECK(page->omitted == 0);
}

TEST_CASE("an event for another node is replayed there only") {
  World world;
  rpc::PublishOptions options;
  options.target = node(2);
  world.publish("a", "for node 2", options);
  CHECK(drain(*world.subscribe("a")).empty());
}

TEST_CASE("a peer is told nothing for a subscription that it has not told of") {
  World world;
  world.publish("a", "x");
  const auto code = [&](const rpc::PastQuery& query, std::uint8_t asker) {
    const auto page = world.broker.past(query, node(asker));
    return page.has_error() ? page.error().code : Errc{};
  };
  CHECK(code(question("a"), 1) == Errc::kNotFound);
  world.add_peer(1, {"main", "a", "g"});
  CHECK(code(question("a"), 1) == Errc::kNotFound);  // another group
  rpc::PastQuery grouped = question("a");
  grouped.group = "g";
  CHECK(code(grouped, 1) == Errc{});
  CHECK(code(grouped, 2) == Errc::kNotFound);  // another node
  grouped.network = "backup";
  CHECK(code(grouped, 1) == Errc::kNotFound);
  for (const char* pattern : {"a/>/b", "", "main:a", "a//", "backup:a"}) {
    CHECK(code(question(pattern), 1) == Errc::kNotFound);
  }
}

TEST_CASE("what is told is no older than asked for, and not what has expired") {
  World world;
  world.add_peer(1, {"main", "a", ""});
  rpc::PublishOptions second;
  second.retain_for = 1s;
  world.publish("a", "old");
  world.clock.advance(30s);
  world.publish("a", "short", second);
  world.publish("a", "new");
  world.clock.advance(2s);
  rpc::PastQuery query = question("a");
  CHECK(bodies(world.broker.past(query, node(1))) == Lines{"new", "old"});
  query.max_age = 10s;
  CHECK(bodies(world.broker.past(query, node(1))) == Lines{"new"});
}

TEST_CASE("pages hold as much as was asked for and follow each other without gap or double") {
  World world;
  world.add_peer(1, {"main", "a/*", ""});
  Lines expected;
  for (int i = 99; i >= 0; --i) {
    expected.push_back(std::to_string(i));
  }
  for (int i = 0; i < 100; ++i) {
    world.publish(fmt::format("a/{}", i % 7), std::to_string(i));
  }
  for (const auto& [events, bytes] :
       {std::pair{7ULL, 1ULL << 20}, {1000ULL, 1000ULL}, {1ULL, 1ULL << 20}}) {
    Lines got;
    rpc::PastQuery query = question("a/*", events, bytes);
    do {
      const auto page = world.broker.past(query, node(1));
      const Lines some = bodies(page);
      CHECK(some.size() <= events);
      got.insert(got.end(), some.begin(), some.end());
      query.before = page->next;
    } while (query.before != 0);
    CHECK(got == expected);
  }
}

TEST_CASE("an event that no page can hold is counted, smaller ones come") {
  World world;
  world.add_peer(1, {"main", "a", ""});
  world.publish("a", "small");
  world.publish("a", std::string(5000, 'x'));
  world.publish("a", "last");
  const auto page = world.broker.past(question("a", 1000, 2000), node(1));
  CHECK(bodies(page) == Lines{"last", "small"});
  CHECK(page->omitted == 1);
  CHECK(bodies(world.broker.past(question("a", 1000, 0), node(1))).empty());
  CHECK(bodies(world.broker.past(question("a", 0), node(1))).empty());
}

TEST_CASE("one large event has a page of its own") {
  World world;
  world.add_peer(1, {"main", "a", ""});
  const std::uint64_t large = pubsub::Broker::kPageBytes + 1000;
  world.publish("a", "before");
  world.publish("a", std::string(large, 'x'));
  auto page = world.broker.past(question("a", 1000, 4 * large), node(1));
  REQUIRE(page);
  CHECK(page->events.size() == 1);
  REQUIRE(page->next != 0);
  rpc::PastQuery query = question("a", 1000, 4 * large);
  query.before = page->next;
  CHECK(bodies(world.broker.past(query, node(1))) == Lines{"before"});
}
