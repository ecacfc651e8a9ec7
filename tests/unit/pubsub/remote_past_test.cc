// What subscriptions get of other nodes' retained events.
#include "past_world.h"

using namespace runard;
using namespace runard::test::past;

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
