// What the rules of authorization make of events: to peers, of this node, and what is retained.
#include <catch2/catch_test_macros.hpp>

#include "policy/from_config.h"
#include "pubsub/broker.h"
#include "support/fakes.h"
#include "support/result_text.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;

namespace {

using Lines = std::vector<std::string>;

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override {}
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

struct FakePeers final : pubsub::EventPeers {
  Sent send(core::NodeId node, const rpc::Event& event) override {
    sent.push_back(std::to_string(node.bytes[0]) + " " + std::string(event.topic));
    return Sent::kSent;
  }
  void ask_past(const core::NodeId&, rpc::PastQuery, Done done) override {
    asked.push_back(std::move(done));
  }
  Lines sent;
  std::vector<Done> asked;
};

// Node 1 is in group web, node 2 is not; this node is 9.
struct Ruled {
  explicit Ruled(config::Rule rule) : registry("n", {"main"}, 1), broker(registry, clock, 1, 1) {
    broker.set_peers(&peers);
    set({std::move(rule)});
    gate.know({node(1), {"web"}, {"main"}});
    gate.know({node(2), {}, {"main"}});
    gate.set_self({node(9), {}, {"main"}});
    broker.set_gate(gate);
  }
  static core::NodeId node(std::uint8_t number) {
    core::NodeId id;
    id.bytes[0] = number;
    return id;
  }
  static rpc::PastPage kept_by_1(const Lines& topics) {
    rpc::PastPage page;
    for (const std::string& topic : topics) {
      auto event = std::make_shared<rpc::StoredEvent>();
      event->network = "main";
      event->topic = topic;
      event->source = node(1);
      event->instance = 1;
      event->sequence = page.events.size() + 1;
      page.events.push_back(event);
    }
    return page;
  }
  void set(std::vector<config::Rule> rules) {
    config::Authorization authorization;
    authorization.rules = std::move(rules);
    gate.set_policy(*policy::from_config(authorization));
  }
  rpc::Receipt publish(std::string_view topic, rpc::PublishOptions options = {}) {
    rpc::Event event;
    event.network = "main";
    event.topic = topic;
    event.publisher = "test";
    return broker.publish(event, options);
  }
  // A subscription to all, which waits for what node 1 has kept.
  std::shared_ptr<rpc::EventQueue> ask_past_of_1() {
    rpc::SubscribeOptions options;
    options.network = "main";
    options.pattern = ">";
    options.include_past = 60s;
    const auto queue = broker.subscribe(options, consumer);
    REQUIRE(queue);
    broker.peer_up(node(1), 1, {"main"});
    REQUIRE(peers.asked.size() == 1);
    return *queue;
  }
  void add_peer(std::uint8_t number) {
    registry::NodeRows rows;
    rows.node = node(number);
    rows.subscriptions = {{"main", ">", ""}};
    registry.replace(rows, link);
  }
  core::Result<std::shared_ptr<rpc::EventQueue>> subscribe(std::string pattern,
                                                           bool announce = true) {
    rpc::SubscribeOptions options;
    options.network = "main";
    options.pattern = std::move(pattern);
    options.announce = announce;
    return broker.subscribe(options, consumer);
  }

  test::ManualClock clock;
  policy::Gate gate{*policy::from_config({}), {}};
  registry::Registry registry;
  FakePeers peers;
  NoHandler link;
  Consumer consumer;
  pubsub::Broker broker;
};

}  // namespace

TEST_CASE("T20: a peer that may not subscribe is sent nothing, from the moment the rules say so") {
  Ruled world({{}, {"subscribe"}, {"", "web"}, "", "secret/>"});
  world.add_peer(1);
  world.add_peer(2);
  world.publish("secret/a");
  CHECK(world.peers.sent == Lines{"2 secret/a"});
  world.peers.sent.clear();
  world.publish("news/a");
  CHECK(world.peers.sent.size() == 2);
  world.peers.sent.clear();
  world.set({});
  world.publish("secret/a");
  CHECK(world.peers.sent.size() == 2);
  world.peers.sent.clear();
  world.set({{{}, {"subscribe"}, {"", "web"}, "", "secret/>"}});
  world.publish("secret/a");
  CHECK(world.peers.sent == Lines{"2 secret/a"});
}

TEST_CASE("T20: of what is retained a peer is told what it may hear") {
  Ruled world({{}, {"subscribe"}, {"", "web"}, "", "secret/>"});
  world.add_peer(1);
  rpc::PublishOptions options;
  options.retain_for = 60s;
  world.publish("secret/a", options);
  world.publish("news/a", options);
  rpc::PastQuery query;
  query.network = "main";
  query.pattern = ">";
  query.max_age = 60s;
  query.events = 10;
  query.bytes = 1U << 20;
  const auto page = world.broker.past(query, Ruled::node(1));
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  CHECK(page->events[0]->topic == "news/a");
}

TEST_CASE("T20: of what a peer has kept nothing is heard that it may not publish") {
  Ruled world({{}, {"publish"}, {"", "web"}, "", "admin/>"});
  const auto queue = world.ask_past_of_1();
  world.peers.asked[0](Ruled::kept_by_1({"admin/x", "news/x"}));
  Lines heard;
  for (rpc::Delivery delivery; queue->pop(delivery);) {
    heard.push_back(delivery.event->topic);
    queue->done(delivery.token, rpc::Verdict::kOk);
  }
  CHECK(heard == Lines{"news/x"});
  CHECK(queue->dropped() == 0);
}

TEST_CASE("what a peer told whose link ended meanwhile is lost, and counted") {
  Ruled world({{}, {"publish"}, {"", "web"}, "", "admin/>"});
  const auto queue = world.ask_past_of_1();
  world.gate.forget(Ruled::node(1));
  world.peers.asked[0](Ruled::kept_by_1({"news/x", "news/y"}));
  rpc::Delivery delivery;
  CHECK_FALSE(queue->pop(delivery));
  CHECK(queue->dropped() == 2);
}

TEST_CASE("what this node may not publish to others is refused, and may stay on the node") {
  Ruled world({{}, {"publish"}, {}, "", "alarm/>"});
  const auto here = world.subscribe(">");
  REQUIRE(here);
  CHECK(world.publish("alarm/fire").code == Errc::kDenied);
  rpc::PublishOptions local;
  local.broadcast = false;
  CHECK(world.publish("alarm/fire", local).code == Errc{});
  CHECK(world.publish("news/a").code == Errc{});
  rpc::Delivery delivery;
  CHECK(((*here)->pop(delivery) && delivery.event->topic == "alarm/fire"));
  CHECK(((*here)->pop(delivery) && delivery.event->topic == "news/a"));
  CHECK_FALSE((*here)->pop(delivery));
}

TEST_CASE("a subscription of which nothing is allowed is refused at once") {
  Ruled world({{}, {"subscribe"}, {}, "", "secret/>"});
  CHECK(world.subscribe("secret/*").error().code == Errc::kDenied);
  CHECK(world.subscribe("*/a"));
  CHECK(world.subscribe("secret/*", false));
}
