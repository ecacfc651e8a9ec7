// links: pubsub
#include "admin/pub_bench.h"

#include <catch2/catch_test_macros.hpp>

#include "pubsub/broker.h"
#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using admin::EventCount;
using admin::EventCounter;
using admin::PubBench;
using admin::PubBenchResult;
using core::Errc;

namespace {

// What is published goes to whom the test says, over a broker of its own.
struct World {
  World() : executor(clock), registry("n", {"main"}, 1), broker(registry, clock, 1, 1) {}

  admin::Later later() {
    return [this](core::Duration delay, core::Task task) {
      if (delay > 0ns) {
        executor.after(delay, std::move(task));
      } else {
        executor.post(std::move(task));
      }
    };
  }
  std::shared_ptr<PubBench> bench(std::uint64_t count, bool local = true,
                                  std::string topic = "bench/events") {
    admin::PubBenchOptions options;
    options.topic = {"main", std::move(topic), local};
    options.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kText);
    options.count = count;
    return std::make_shared<PubBench>(options, broker, clock, later());
  }
  core::Result<void> start(PubBench& bench, std::string run = "1") {
    return bench.start(std::move(run), [this](const PubBenchResult& got) {
      result = got;
      ++done;
    });
  }

  std::string body = "128 bytes, more or less";
  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry;
  pubsub::Broker broker;
  PubBenchResult result;
  int done = 0;
};

// Another broker's place: takes events, or has no room.
struct Peers final : pubsub::EventPeers {
  void ask_past(const core::NodeId&, rpc::PastQuery, Done) override {}
  Sent send(core::NodeId, const rpc::Event& event) override {
    ++asked;
    if (asked % 3 == 0) {
      return Sent::kNoRoom;
    }
    if (there != nullptr) {
      rpc::Event remote = event;
      remote.flags |= rpc::kRemoteEvent;
      there->publish(remote, {});
    }
    return Sent::kSent;
  }
  rpc::Broker* there = nullptr;
  int asked = 0;
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

void add_peer(World& world, rpc::Handler& link, std::string pattern) {
  registry::NodeRows rows;
  rows.node.bytes[0] = 7;
  rows.subscriptions = {{"main", std::move(pattern), ""}};
  world.registry.replace(rows, link);
}

}  // namespace

TEST_CASE("a local bench of events publishes all, receives all, in order") {
  World world;
  const auto bench = world.bench(5000);
  REQUIRE(world.start(*bench));
  world.executor.advance(1s);
  REQUIRE(world.done == 1);
  CHECK_FALSE(world.result.error);
  CHECK(world.result.count == 5000);
  CHECK(world.result.seen.received == 5000);
  CHECK(world.result.seen.lost == 0);
  CHECK(world.result.seen.misplaced == 0);
  CHECK(world.broker.stats().subscriptions == 0);
}

TEST_CASE("many more events than the receiving queue holds all arrive") {
  World world;
  const auto bench = world.bench(3 * EventCounter::kQueue);
  REQUIRE(world.start(*bench));
  world.executor.advance(10s);
  REQUIRE(world.done == 1);
  CHECK(world.result.seen.received == 3 * EventCounter::kQueue);
  CHECK(world.result.seen.lost == 0);
}

TEST_CASE("without a receiving end a bench says so, and how to get one") {
  World world;
  const auto bench = world.bench(10, false);
  REQUIRE(world.start(*bench));
  world.executor.advance(1s);
  REQUIRE(world.done == 1);
  REQUIRE(world.result.error);
  CHECK(world.result.error->code == Errc::kNoEndpoint);
  CHECK(world.result.error->about.find("runarctl bench sub bench/events") != std::string::npos);
}

TEST_CASE(
    "a receiving end on another node reports what arrived, though links have no room at times") {
  World here;
  World there;
  NoHandler link;
  Peers out;
  Peers back;
  out.there = &there.broker;
  back.there = &here.broker;
  here.broker.set_peers(&out);
  there.broker.set_peers(&back);
  add_peer(here, link, "bench/events");
  add_peer(there, link, "bench/events/bench-report");
  std::vector<EventCount> runs;
  const auto counter =
      std::make_shared<EventCounter>(there.broker, there.clock, there.later(),
                                     [&](const EventCount& run) { runs.push_back(run); });
  REQUIRE(counter->open({"main", "bench/events", false}));
  for (int run = 1; run <= 2; ++run) {
    const auto bench = here.bench(1000, false);
    REQUIRE(here.start(*bench, std::to_string(run)));
    for (int i = 0; i < 10'000 && here.done < run; ++i) {
      here.executor.advance(1ms);
      there.executor.advance(1ms);
    }
    REQUIRE(here.done == run);
    CHECK_FALSE(here.result.error);
    CHECK(here.result.busy > 0);
    CHECK(here.result.seen.received == 1000);
    CHECK(here.result.seen.lost == 0);
    CHECK(here.result.seen.misplaced == 0);
  }
  CHECK(runs.size() == 2);
}

TEST_CASE("a receiving end that never reports ends the bench after its patience") {
  World world;
  NoHandler link;
  Peers silent;
  world.broker.set_peers(&silent);
  add_peer(world, link, "bench/events");
  const auto bench = world.bench(100, false);
  REQUIRE(world.start(*bench));
  world.executor.advance(9s);
  CHECK(world.done == 0);
  world.executor.advance(12s);
  REQUIRE(world.done == 1);
  REQUIRE(world.result.error);
  CHECK(world.result.error->code == Errc::kDeadlineExceeded);
  CHECK(world.result.count == 100);
}

TEST_CASE("a counter tells of events that are missing, late or doubled") {
  World world;
  std::vector<EventCount> runs;
  const auto counter =
      std::make_shared<EventCounter>(world.broker, world.clock, world.later(),
                                     [&](const EventCount& run) { runs.push_back(run); });
  REQUIRE(counter->open({"main", "t", true}));
  const auto event = [&](std::uint64_t sequence, std::string_view mark = {},
                         std::uint64_t instance = 5) {
    const rpc::Pair meta[] = {{"bench", mark}, {"run", "r"}};
    rpc::Event made;
    made.network = "main";
    made.topic = "t";
    made.publisher = "p";
    made.source.bytes[0] = 1;
    made.flags = rpc::kRemoteEvent;
    made.instance = instance;
    made.sequence = sequence;
    if (!mark.empty()) {
      made.meta = meta;
    }
    world.broker.publish(made, {});
  };
  event(1);  // before a run
  event(10, "begin");
  event(11);
  event(14);
  event(13);
  event(14);
  event(1, {}, 6);  // somebody else's
  event(15);
  event(16, "end");
  event(17);  // after it
  world.executor.advance(1ms);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].run == "r");
  CHECK(runs[0].received == 3);
  CHECK(runs[0].lost == 2);
  CHECK(runs[0].misplaced == 2);
}

TEST_CASE("a bench of no events, of too many, or on a topic without room is refused") {
  World world;
  CHECK(world.start(*world.bench(0)).error().code == Errc::kInvalidArgument);
  CHECK(world.start(*world.bench(PubBench::kMaxCount + 1)).error().code == Errc::kInvalidArgument);
  const std::string long_topic(1020, 'x');
  CHECK(world.start(*world.bench(1, true, long_topic)).error().code == Errc::kInvalidArgument);
  CHECK(world.done == 0);
}

TEST_CASE("a bench of events that is stopped, or dropped, ends") {
  World world;
  auto bench = world.bench(1'000'000);
  REQUIRE(world.start(*bench));
  bench->stop();
  REQUIRE(world.done == 1);
  world.executor.advance(1s);
  CHECK(world.result.error->code == Errc::kCancelled);
  bench->stop();
  CHECK(world.done == 1);
  bench = world.bench(1'000'000);
  REQUIRE(world.start(*bench));
  bench.reset();
  world.executor.advance(1s);
  CHECK(world.done == 1);
}

TEST_CASE("what is no report is ignored") {
  CHECK_FALSE(admin::parse_event_count({}));
  CHECK_FALSE(admin::parse_event_count(core::as_bytes("[1]")));
  CHECK_FALSE(admin::parse_event_count(core::as_bytes("{\"run\":7}")));
  CHECK_FALSE(admin::parse_event_count(core::as_bytes("{\"received\":7}")));
  const auto count = admin::parse_event_count(
      core::as_bytes(R"({"run":"a","received":-1,"lost":"x","elapsed_ns":18446744073709551615})"));
  REQUIRE(count);
  CHECK(count->received == 0);
  CHECK(count->lost == 0);
  CHECK(count->elapsed >= 0ns);
}
