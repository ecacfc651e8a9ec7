// Retained events across nodes: brokers with their question and answer for the past, over links
// that delay, overtake, break and come back. What a subscription gets is looked at event by event.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "core/random.h"
#include "pubsub/broker.h"
#include "support/fakes.h"
#include "system/events_service.h"
#include "system/past_client.h"

using namespace runard;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kNodes = 3;
constexpr std::size_t kTopics = 5;

class Net;

struct Node final : pubsub::EventPeers {
  Node(Net& net, std::size_t index, core::Executor& strand, const core::Clock& clock);
  Sent send(core::NodeId to, const rpc::Event& event) override;
  void ask_past(const core::NodeId& to, rpc::PastQuery query, Done done) override;

  Net& net;
  std::size_t index;
  core::NodeId id;
  registry::Registry registry;
  pubsub::Broker broker;
  system::EventsService service;
  system::PastClient client;
};

// The link of one pair, one way. What is on it when it breaks is lost.
struct Way final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket) override {}
  Net* net = nullptr;
  std::size_t from = 0;
  std::size_t to = 0;
  std::uint64_t link = 0;  // 0: none
  core::TimePoint rows{};  // arrival of the last, they keep order
  core::TimePoint events{};
};

// One subscription and its consumer, which checks.
struct Listener final : rpc::EventConsumer {
  void ready() noexcept override {}
  core::NodeId home;
  std::shared_ptr<rpc::EventQueue> queue;
  std::map<std::pair<core::NodeId, std::string>, std::uint64_t> last;
  std::map<std::pair<core::NodeId, std::string>, std::uint64_t> first;
  std::string wrong;
  bool gaps_allowed = false;
  void take() {
    rpc::Delivery delivery;
    while (queue->pop(delivery)) {
      const rpc::StoredEvent& event = *delivery.event;
      const auto key = std::pair(event.source.is_zero() ? home : event.source, event.topic);
      const std::uint64_t before = std::exchange(last[key], event.sequence);
      first.try_emplace(key, event.sequence);
      if (event.sequence <= before ||
          (!gaps_allowed && before != 0 && event.sequence != before + 1)) {
        wrong = fmt::format("{}: {} after {}", event.topic, event.sequence, before);
      }
      queue->done(delivery.token, rpc::Verdict::kOk);
    }
  }
};

class Net {
 public:
  explicit Net(std::uint64_t seed, bool breaks) : random(seed), breaks_(breaks) {
    for (std::size_t i = 0; i < kNodes; ++i) {
      nodes.push_back(std::make_unique<Node>(*this, i, strand, clock));
    }
    for (auto& node : nodes) {
      node->broker.set_peers(node.get());
      node->registry.on_local_change([this, &node](const registry::NodeRows&) {
        for (std::size_t to = 0; to < kNodes; ++to) {
          send_rows(node->index, to);
        }
      });
    }
    for (std::size_t i = 0; i < kNodes; ++i) {
      for (std::size_t j = 0; j < kNodes; ++j) {
        ways[{i, j}].net = this;
        ways[{i, j}].from = i;
        ways[{i, j}].to = j;
      }
    }
  }

  core::Duration delay() { return std::chrono::microseconds(100 + random.below(20'000)); }

  void connect(std::size_t a, std::size_t b) {
    if (way(a, b).link != 0) {
      return;
    }
    way(a, b).link = way(b, a).link = ++last_link_;
    for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
      nodes[to]->broker.peer_up(nodes[from]->id, 1, {"main"});
      send_rows(from, to);
    }
  }
  void cut(std::size_t a, std::size_t b) {
    if (way(a, b).link == 0) {
      return;
    }
    way(a, b).link = way(b, a).link = 0;
    for (const auto& [at, gone] : {std::pair(a, b), std::pair(b, a)}) {
      nodes[at]->registry.drop(nodes[gone]->id);
      nodes[at]->broker.peer_down(nodes[gone]->id);
    }
  }
  void send_rows(std::size_t from, std::size_t to) {
    if (from == to || way(from, to).link == 0) {
      return;
    }
    registry::NodeRows rows = nodes[from]->registry.local();
    rows.node = nodes[from]->id;
    pass(from, to, way(from, to).rows,
         [this, from, to, rows] { nodes[to]->registry.replace(rows, way(to, from)); });
  }
  // In order; only if the link still is the same then.
  void pass(std::size_t from, std::size_t to, core::TimePoint& last, core::Task arrive) {
    last = std::max(last + core::Duration(1), clock.now() + delay());
    strand.after(last - clock.now(),
                 [this, from, to, link = way(from, to).link, arrive = std::move(arrive)]() mutable {
                   if (way(from, to).link == link) {
                     arrive();
                   }
                 });
  }
  Way& way(std::size_t from, std::size_t to) { return ways.at({from, to}); }

  void publish(std::size_t node, std::size_t topic) {
    rpc::Event event;
    const std::string text = fmt::format("t/{}", topic);
    event.network = "main";
    event.topic = text;
    event.publisher = "p";
    rpc::PublishOptions options;
    options.retain_for = 1h;
    nodes[node]->broker.publish(event, options);
    ++published[{nodes[node]->id, text}];
  }
  Listener& subscribe(std::size_t node) {
    listeners.push_back(std::make_unique<Listener>());
    Listener& listener = *listeners.back();
    listener.home = nodes[node]->id;
    listener.gaps_allowed = breaks_;
    rpc::SubscribeOptions options;
    options.network = "main";
    options.pattern = random.below(2) == 0 ? "t/*" : "t/>";
    options.include_past = 1h;
    options.queue_limit = 100'000;
    auto queue = nodes[node]->broker.subscribe(options, listener);
    REQUIRE(queue);
    listener.queue = std::move(*queue);
    return listener;
  }

  void step() {
    const std::size_t a = random.below(kNodes);
    const std::size_t b = (a + 1 + random.below(kNodes - 1)) % kNodes;
    switch (random.below(breaks_ ? 8 : 5)) {
      case 0:
        if (listeners.size() < 6) {
          subscribe(a);
        }
        break;
      case 5:
        cut(a, b);
        break;
      case 6:
      case 7:
        connect(a, b);
        break;
      default:
        publish(a, random.below(kTopics));
    }
    strand.advance(std::chrono::microseconds(random.below(10'000)));
    if (!listeners.empty() && random.below(3) == 0) {
      listeners[random.below(listeners.size())]->take();
    }
  }
  void connect_all() {
    for (std::size_t i = 0; i < kNodes; ++i) {
      for (std::size_t j = i + 1; j < kNodes; ++j) {
        connect(i, j);
      }
    }
  }
  // Each subscription has had each topic's last event, whoever published it; without breaks all of
  // them.
  void check_end() {
    for (const auto& listener : listeners) {
      listener->take();
      CHECK(listener->wrong == "");
      for (const auto& [key, count] : published) {
        CHECK(listener->last[key] == count);
        CHECK((breaks_ || listener->first[key] == 1));
      }
    }
  }

  test::ManualClock clock;
  test::ManualExecutor strand{clock};
  core::SeededRandom random;
  std::map<std::pair<std::size_t, std::size_t>, Way> ways;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::map<std::pair<core::NodeId, std::string>, std::uint64_t> published;

 private:
  bool breaks_;
  std::uint64_t last_link_ = 0;
};

Node::Node(Net& of, std::size_t number, core::Executor& strand, const core::Clock& clock)
    : net(of),
      index(number),
      registry("n", {"main"}, 1),
      broker(registry, clock, 1, 1),
      service("main", broker, 2000),  // small pages
      client(strand, clock, 1U << 20) {
  id.bytes[0] = static_cast<std::uint8_t>(index + 1);
}

pubsub::EventPeers::Sent Node::send(core::NodeId to, const rpc::Event& event) {
  const std::size_t other = to.bytes[0] - 1U;
  if (net.way(index, other).link == 0) {
    return Sent::kNoLink;
  }
  net.pass(index, other, net.way(index, other).events,
           [this, other, topic = std::string(event.topic), instance = event.instance,
            sequence = event.sequence] {
             rpc::Event arrived;
             arrived.network = "main";
             arrived.topic = topic;
             arrived.source = id;
             arrived.instance = instance;
             arrived.sequence = sequence;
             arrived.flags = rpc::kRemoteEvent;
             net.nodes[other]->broker.publish(arrived, {});
           });
  return Sent::kSent;
}

void Node::ask_past(const core::NodeId& to, rpc::PastQuery query, Done done) {
  client.ask(net.way(index, to.bytes[0] - 1U), to, std::move(query), std::move(done));
}

// A stream of its own: it overtakes rows and events, and they it.
rpc::Ticket Way::call(const rpc::Request& request, const rpc::Responder& responder) {
  const auto failed = [responder] {
    const core::Error error = core::fail(core::Errc::kLinkLost, "");
    responder(rpc::Reply::failure(error));
  };
  if (link == 0) {
    failed();
    return 0;
  }
  struct Reply final : rpc::Completion {
    void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
      code = reply.code;
      body.assign(reply.payload.bytes.begin(), reply.payload.bytes.end());
    }
    core::Errc code{};
    core::Bytes body;
  };
  const core::Bytes body(request.payload.bytes.begin(), request.payload.bytes.end());
  net->strand.after(net->delay(), [this, body, responder, failed, on = link] {
    if (link != on) {
      return failed();
    }
    Reply reply;
    rpc::Request inbound;
    inbound.network = "main";
    inbound.payload = rpc::Payload::borrow(body, rpc::Encoding::kCbor);
    inbound.flags = rpc::kInbound;
    inbound.caller.node = net->nodes[from]->id;
    net->nodes[to]->service.call(inbound, {&reply, {}});
    net->strand.after(net->delay(), [this, responder, failed, reply, on] {
      if (link != on) {
        return failed();
      }
      rpc::Reply back = rpc::Reply::success(rpc::Payload::borrow(reply.body, rpc::Encoding::kCbor));
      back.code = reply.code;
      responder(back);
    });
  });
  return 0;
}

void play(std::uint64_t seed, bool breaks) {
  INFO("seed " << seed << (breaks ? ", links break" : ""));
  Net net(seed, breaks);
  if (!breaks) {
    net.connect_all();
  }
  for (int i = 0; i < 200; ++i) {
    net.step();
  }
  net.connect_all();
  net.strand.advance(20s);
  net.check_end();
}

}  // namespace

TEST_CASE("retained and live events of other nodes join without gap and without double") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    play(seed, false);
  }
}

TEST_CASE("whatever links do, events come once and in order, and the last retained ones come") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    play(seed, true);
  }
}
