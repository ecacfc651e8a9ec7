// What this node tells peers of its retained events.
#include "past_world.h"

using namespace runard;
using namespace runard::test::past;

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
