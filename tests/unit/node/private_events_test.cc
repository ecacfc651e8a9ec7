// Private fields of events: what the broker hands to peers and keeps, who reads it later, and what
// comes in from a peer.
#include "node/inbound_events.h"
#include "policy/from_config.h"
#include "pubsub/broker.h"
#include "unit/sealing/world.h"

using namespace runard;
using namespace runard::sealing::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kType = 77;
const char* const kTopic = "users/ann/changed";

struct Consumer final : rpc::EventConsumer {
  void ready() noexcept override {}
};

struct NoHandler final : rpc::Handler {
  rpc::Ticket call(const rpc::Request&, const rpc::Responder&) override { return 0; }
  void cancel(rpc::Ticket) override {}
};

// Keeps what goes out.
struct FakePeers final : pubsub::EventPeers {
  Sent send(core::NodeId, const rpc::Event& event) override {
    sent.push_back(event.payload.keep());
    return Sent::kSent;
  }
  bool opens_sealed(const core::NodeId&) override { return opens; }
  void ask_past(const core::NodeId&, rpc::PastQuery query, Done done) override {
    asked.push_back(std::move(query));
    answers.push_back(std::move(done));
  }
  std::vector<rpc::Payload> sent;
  std::vector<rpc::PastQuery> asked;
  std::vector<Done> answers;
  bool opens = true;
};

bool has(core::ByteView bytes, std::string_view text) {
  return core::as_text(bytes).find(text) != std::string_view::npos;
}

// A node with a broker and keys.
struct Station {
  Station(Authority& all, const core::NodeId& id, const policy::Gate* gate = nullptr)
      : self(id),
        keys(all, id, gate),
        registry("n", {"main"}, 1),
        broker(registry, keys.clock, 1, 1) {
    registry.set_self(id, 1, {});
    keys.declare(kType, R"({"properties":{"phone":{"x-runar-label":"system"}}})");
    broker.set_peers(&peers);
    broker.set_codec(&keys.codec);
  }
  rpc::Receipt publish(core::Duration retain = 0s,
                       const std::vector<core::ProfileId>& recipients = {}) {
    const core::Bytes value = cbor([](runar::cbor::Writer& w) {
      w.map(1);
      w.text("phone");
      w.text("phone-sentinel");
    });
    rpc::Event event;
    event.network = "main";
    event.topic = kTopic;
    event.publisher = "users";
    event.payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    event.payload.type = kType;
    event.recipients = recipients;
    rpc::PublishOptions options;
    options.retain_for = retain;
    return broker.publish(event, options);
  }
  std::shared_ptr<rpc::EventQueue> subscribe(core::Duration past = 0s,
                                             rpc::Overflow overflow = rpc::Overflow::kDropOldest) {
    rpc::SubscribeOptions options{"main", "users/>", "", "test", past};
    options.overflow = overflow;
    options.queue_limit = 1;
    return *broker.subscribe(options, consumer);
  }
  void add_subscriber(const core::NodeId& node) {
    registry::NodeRows rows;
    rows.node = node;
    rows.subscriptions = {{"main", "users/>", ""}};
    registry.replace(rows, nothing);
  }
  core::Result<rpc::PastPage> past(const core::NodeId& asker) {
    return broker.past({"main", "users/>", "", 1h, 0, 100, 1U << 20}, asker);
  }
  // What is left in the queue: "phone" where it can be read, "redacted", or "".
  static std::string next(rpc::EventQueue& queue) {
    rpc::Delivery delivery;
    if (!queue.pop(delivery)) {
      return "";
    }
    queue.done(delivery.token, rpc::Verdict::kOk);
    CHECK(delivery.event->payload.encoding == rpc::Encoding::kCbor);
    return has(delivery.event->payload.bytes, "phone-sentinel") ? "phone" : "redacted";
  }

  const core::NodeId self;
  sealing::testing::Node keys;
  FakePeers peers;
  NoHandler nothing;
  Consumer consumer;
  registry::Registry registry;
  pubsub::Broker broker;
};

struct World {
  World() {
    from.add_subscriber(kB);
    to.keys.ring.signers[kA] = std::make_shared<crypto::PublicKey>(from.keys.key->public_key());
    from.keys.ring.signers[kA] = to.keys.ring.signers[kA];
  }
  void make_member(Station& station) { station.keys.ring.give(all.networks.at(kMain)); }

  Authority all;
  policy::Gate gate{*policy::from_config({}), core::Log{}};
  Station from{all, kA, &gate};
  Station to{all, kB};
};

// Events as the transport hands them in.
struct Inbound {
  explicit Inbound(Station& station)
      : executor(station.keys.clock),
        events({station.broker, gate, &station.keys.codec}, executor,
               [this](transport::LinkId, std::uint64_t) { ++resumed; }) {
    gate.know({kA, {}, {"main"}});
  }
  transport::EventSink::Taken take(const rpc::Payload& payload) {
    rpc::Event event;
    event.network = "main";
    event.topic = kTopic;
    event.publisher = "users";
    event.source = kA;
    event.instance = 1;
    event.sequence = ++sequence;
    event.payload = payload;
    event.payload.type = kType;
    return events.event(7, 0, event, {}, {});
  }

  policy::Gate gate{*policy::from_config({}), core::Log{}};
  test::ManualExecutor executor;
  node::InboundEvents events;
  std::uint64_t sequence = 0;
  int resumed = 0;
};

using Taken = transport::EventSink::Taken;

// A member's subscription that has room for one event: the second one stands on its lane.
struct FullQueue {
  FullQueue() {
    world.make_member(world.to);
    world.from.publish();
    world.from.publish();
    queue = world.to.subscribe(0s, rpc::Overflow::kBlock);
    CHECK(inbound.take(world.from.peers.sent.at(0)) == Taken::kTaken);
    second = world.from.peers.sent.at(1);
    CHECK(inbound.take(second) == Taken::kLater);
  }
  World world;
  Inbound inbound{world.to};
  std::shared_ptr<rpc::EventQueue> queue;
  rpc::Payload second;
};

}  // namespace

TEST_CASE("T21: an event leaves the node sealed, and stays as it is for this node's subscribers") {
  World world;
  const auto queue = world.from.subscribe();
  CHECK(world.from.publish().reached == 2);
  CHECK(Station::next(*queue) == "phone");
  REQUIRE(world.from.peers.sent.size() == 1);
  CHECK(world.from.peers.sent[0].encoding == rpc::Encoding::kSealed);
  CHECK_FALSE(has(world.from.peers.sent[0].bytes, "sentinel"));
}

TEST_CASE("a private event whose value is not of its type reaches nobody") {
  World world;
  const auto queue = world.from.subscribe();
  rpc::Event event;
  event.network = "main";
  event.topic = kTopic;
  event.payload = rpc::Payload::borrow(core::as_bytes("{}"), rpc::Encoding::kJson);
  event.payload.type = kType;
  CHECK(world.from.broker.publish(event, {}).code == core::Errc::kNotOfItsType);
  CHECK(world.from.peers.sent.empty());
  CHECK(Station::next(*queue).empty());
}

TEST_CASE("T21: what is retained is kept sealed, and read by whoever joins later and has the key") {
  World world;
  world.make_member(world.from);
  REQUIRE(world.from.publish(1min).code == core::Errc{});
  CHECK(Station::next(*world.from.subscribe(1min)) == "phone");
  const auto page = world.from.past(kB);
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  const rpc::EventPtr& kept = page->events[0];
  CHECK(kept->payload.encoding == rpc::Encoding::kSealed);
  CHECK_FALSE(has(kept->payload.bytes, "sentinel"));

  const auto redacted = pubsub::open_stored(&world.to.keys.codec, kept, kA);
  REQUIRE(redacted != nullptr);
  CHECK_FALSE(has(redacted->payload.bytes, "sentinel"));
  world.make_member(world.to);
  const auto whole = pubsub::open_stored(&world.to.keys.codec, kept, kA);
  REQUIRE(whole != nullptr);
  CHECK(has(whole->payload.bytes, "phone-sentinel"));
}

TEST_CASE(
    "T14: who is named as an event's recipient reads it, now or later, where a rule says so") {
  World world;
  world.to.keys.ring.give(world.all.profiles.at(kBob));
  Inbound inbound(world.to);
  const auto queue = world.to.subscribe();
  const auto sees = [&](const std::vector<core::ProfileId>& named) {
    CHECK(world.from.publish(1min, named).code == core::Errc{});
    CHECK(inbound.take(world.from.peers.sent.back()) == Taken::kTaken);
    const auto kept =
        pubsub::open_stored(&world.to.keys.codec, world.from.past(kB)->events.at(0), kA);
    REQUIRE(kept != nullptr);
    return Station::next(*queue) +
           (has(kept->payload.bytes, "phone-sentinel") ? " phone" : " redacted");
  };
  CHECK(sees({kBob}) == "redacted redacted");
  config::Authorization authorization;
  authorization.labels["system"] = {{"main"}, {kBob.text()}, {}, {}};
  world.gate.set_policy(*policy::from_config(authorization));
  CHECK(sees({}) == "redacted redacted");
  CHECK(sees({kBob}) == "phone phone");
  const auto before = world.from.past(kB)->events.at(0);
  world.gate.set_policy(*policy::from_config({}));
  CHECK(sees({kBob}) == "redacted redacted");
  // What was kept stays as its publisher had it sealed.
  const auto kept = pubsub::open_stored(&world.to.keys.codec, before, kA);
  REQUIRE(kept != nullptr);
  CHECK(has(kept->payload.bytes, "phone-sentinel"));
}

TEST_CASE("an event that stays on its node is not sealed, whoever it names") {
  World world;
  const auto queue = world.from.subscribe();
  const std::vector<core::ProfileId> named{kBob};
  rpc::Event event;
  event.network = "main";
  event.topic = kTopic;
  event.payload = rpc::Payload::borrow(core::as_bytes("{}"), rpc::Encoding::kJson);
  event.payload.type = kType;
  event.recipients = named;
  rpc::PublishOptions options;
  options.broadcast = false;
  CHECK(world.from.broker.publish(event, options).reached == 1);
  rpc::Delivery delivery;
  REQUIRE(queue->pop(delivery));
  CHECK(has(delivery.event->payload.bytes, "{}"));
  CHECK(world.from.keys.codec.stats().sealed + world.from.keys.codec.stats().left_out == 0);
}

TEST_CASE("T17: a retained event of another signer, topic or content is nobody's") {
  World world;
  world.make_member(world.to);
  REQUIRE(world.from.publish(1min).code == core::Errc{});
  const auto kept = world.from.past(kB)->events.at(0);
  CHECK(pubsub::open_stored(nullptr, kept, kA) == nullptr);
  CHECK(pubsub::open_stored(&world.to.keys.codec, kept, kC) == nullptr);
  rpc::StoredEvent moved = *kept;
  moved.topic = "users/bob/changed";
  CHECK(pubsub::open_stored(&world.to.keys.codec, std::make_shared<rpc::StoredEvent>(moved), kA) ==
        nullptr);
  rpc::StoredEvent changed = *kept;
  core::Bytes bytes(kept->payload.bytes.begin(), kept->payload.bytes.end());
  bytes[60] ^= 1;  // in the core, which is signed
  changed.payload = rpc::Payload::borrow(bytes, rpc::Encoding::kSealed);
  CHECK(pubsub::open_stored(&world.to.keys.codec, std::make_shared<rpc::StoredEvent>(changed),
                            kA) == nullptr);
}

TEST_CASE("a later subscriber on another node is replayed what was retained, opened") {
  World world;
  world.make_member(world.to);
  REQUIRE(world.from.publish(1min).code == core::Errc{});
  world.to.broker.peer_up(kA, 1, {"main"});
  const auto queue = world.to.subscribe(1min);
  REQUIRE(world.to.peers.answers.size() == 1);
  world.to.peers.answers[0](*world.from.past(kB));
  CHECK(Station::next(*queue) == "phone");
}

TEST_CASE("a peer whose version opens nothing is not sent what is kept sealed") {
  World world;
  REQUIRE(world.from.publish(1min).code == core::Errc{});
  world.from.peers.opens = false;
  const auto page = world.from.past(kB);
  REQUIRE(page);
  CHECK(page->events.empty());
}

TEST_CASE("T28: an event from a peer is opened once; changed or sent again it reaches nobody") {
  World world;
  world.make_member(world.to);
  world.from.publish();
  const rpc::Payload sealed = world.from.peers.sent.at(0);
  Inbound inbound(world.to);
  const auto queue = world.to.subscribe();
  core::Bytes bytes(sealed.bytes.begin(), sealed.bytes.end());
  bytes[bytes.size() - 20] ^= 1;
  CHECK(inbound.take(rpc::Payload::borrow(bytes, rpc::Encoding::kSealed)) == Taken::kTaken);
  CHECK(Station::next(*queue).empty());
  CHECK(inbound.take(sealed) == Taken::kTaken);
  CHECK(Station::next(*queue) == "phone");
  CHECK(inbound.take(sealed) == Taken::kTaken);
  CHECK(Station::next(*queue).empty());
  CHECK(world.to.keys.codec.stats().refused == 2);
}

TEST_CASE("T21: an event from a peer is redacted for subscribers of a node without the key") {
  World world;
  world.from.publish();
  Inbound inbound(world.to);
  const auto queue = world.to.subscribe();
  CHECK(inbound.take(world.from.peers.sent.at(0)) == Taken::kTaken);
  CHECK(Station::next(*queue) == "redacted");
}

TEST_CASE("an event that is denied while it waits for room leaves nothing for the next one") {
  FullQueue full;
  config::Authorization nobody;
  nobody.access = config::Access::kDeny;
  full.inbound.gate.set_policy(*policy::from_config(nobody));
  CHECK(full.inbound.take(full.second) == Taken::kTaken);
  full.inbound.gate.set_policy(*policy::from_config({}));
  CHECK(Station::next(*full.queue) == "phone");
  core::Bytes bytes(full.second.bytes.begin(), full.second.bytes.end());
  bytes[bytes.size() - 20] ^= 1;
  CHECK(full.inbound.take(rpc::Payload::borrow(bytes, rpc::Encoding::kSealed)) == Taken::kTaken);
  CHECK(Station::next(*full.queue).empty());
}

TEST_CASE("what was opened for a lane that stands is forgotten when the lane is over") {
  FullQueue full;
  full.inbound.events.lane_over(7, 0);
  full.inbound.executor.advance(node::InboundEvents::kRetry);
  CHECK(full.inbound.resumed == 0);
  CHECK(Station::next(*full.queue) == "phone");
  CHECK(full.inbound.take(full.second) == Taken::kTaken);  // opened anew, so it came twice
  CHECK(Station::next(*full.queue).empty());
}

TEST_CASE("an event that finds no room is opened once, however often its lane is tried") {
  FullQueue full;
  full.inbound.executor.advance(node::InboundEvents::kRetry);
  CHECK(full.inbound.resumed == 1);
  CHECK(full.inbound.take(full.second) == Taken::kLater);
  CHECK(Station::next(*full.queue) == "phone");
  CHECK(full.inbound.take(full.second) == Taken::kTaken);
  CHECK(Station::next(*full.queue) == "phone");
  CHECK(full.world.to.keys.codec.stats().opened == 2);
}
