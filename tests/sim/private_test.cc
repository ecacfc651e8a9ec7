// Private fields over real links: what each end of a request sees, and what the wire carries.
#include <catch2/catch_test_macros.hpp>

#include "policy/from_config.h"
#include "support/sim_network.h"
#include "unit/sealing/world.h"

using namespace runard;
using core::Errc;
using core::Executed;
using sealing::testing::Authority;
using sealing::testing::kAnn;
using sealing::testing::kBob;
using sealing::testing::kMain;
using testing::link_up;
using testing::SimNetwork;
using testing::SimNode;
using testing::Waiter;

namespace {

constexpr std::uint64_t kType = 77;
const char* const kSchema = R"({"properties":{"email":{"x-runar-label":"user"},
    "phone":{"x-runar-label":"system"}}})";

// The codec of a node whose id is known only once it is there.
struct LateCodec final : rpc::PayloadCodec {
  bool is_private(std::uint64_t type) const override { return inner->is_private(type); }
  core::Result<rpc::Payload> seal(const rpc::PayloadPlace& place,
                                  const rpc::Payload& payload) override {
    ++sealed;
    return inner->seal(place, payload);
  }
  core::Result<rpc::Payload> in_full(const core::NodeId& peer, const rpc::Payload& sent) override {
    ++in_fulls;
    return inner->in_full(peer, sent);
  }
  core::Result<rpc::Payload> open(const rpc::PayloadPlace& place,
                                  const rpc::Payload& payload) override {
    ++opens;
    return deaf ? core::Result<rpc::Payload>(core::fail(Errc::kKekUnknown, "", Executed::kNo))
                : inner->open(place, payload);
  }
  bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const override {
    return inner->acts_for(node, profile);
  }
  rpc::PayloadCodec* inner = nullptr;
  std::size_t sealed = 0;
  std::size_t in_fulls = 0;
  std::size_t opens = 0;
  bool deaf = false;  // says of everything that it does not know its key
};

// The rules of a node.
struct Rules final : transport::RequestGate {
  core::Result<void> admit(const core::NodeId& asks, std::string_view network,
                           std::string_view path) const override {
    CHECK(asks == peer);
    CHECK(network == "main");
    CHECK(path == "users/ann/set");
    return deny ? core::Result<void>(core::fail(Errc::kDenied, "not here", Executed::kNo))
                : core::Result<void>();
  }
  core::NodeId peer;
  bool deny = false;
};

core::Bytes person() {
  return sealing::testing::cbor([](runar::cbor::Writer& w) {
    w.map(3);
    for (const char* key : {"name", "email", "phone"}) {
      w.text(key);
      w.text(std::string(key) + "-sentinel");
    }
  });
}

rpc::Payload payload_of(const core::Bytes& bytes) {
  rpc::Payload payload = rpc::Payload::borrow(bytes, rpc::Encoding::kCbor);
  payload.type = kType;
  return payload;
}

bool has(std::string_view bytes, std::string_view text) {
  return bytes.find(text) != std::string_view::npos;
}

// Two linked nodes: `a` asks, `b` answers with a person.
struct Pair {
  explicit Pair(bool a_knows = true)
      : a(network, {.name = "a", .codec = a_knows ? &late_a : nullptr}),
        b(network, {.name = "b", .codec = &late_b, .gate = &rules_b}),
        keys_a(all, a.identity.id, &gate),
        keys_b(all, b.identity.id) {
    late_a.inner = &keys_a.codec;
    late_b.inner = &keys_b.codec;
    rules_b.peer = a.identity.id;
    keys_a.declare(kType, kSchema);
    keys_b.declare(kType, kSchema);
    b.handler.answer = [this](const testing::Asked& asked) {
      asked.responder(rpc::Reply::success(payload_of(value)));
    };
    network.on_datagram = [this](const auto&, const auto&, core::ByteView bytes) {
      seen.append(core::as_text(bytes));
      return true;
    };
    REQUIRE(link_up(network, a, b));
  }

  testing::GotReply ask(const core::ProfileId& profile = {}) {
    rpc::Request request = testing::sim_request("users/ann", "");
    request.caller.profile = profile;
    return call(request);
  }
  // `a` sends private fields, of which `b` reads the phone.
  testing::GotReply tell(const core::Bytes& private_value) {
    rpc::Request request = testing::sim_request("users/ann/set", "");
    request.payload = payload_of(private_value);
    return call(request);
  }
  // `b` reads the network's fields, and `a` hears at once what it keeps.
  void make_compact() {
    keys_b.ring.give(all.networks.at(kMain));
    keys_b.codec.on_kept([this](const core::NodeId& peer, std::span<const envelope::KeyId> ids) {
      CHECK(peer == a.identity.id);
      keys_a.codec.peer_keeps(b.identity.id, ids);
    });
    REQUIRE(tell(value).ok());
    REQUIRE(tell(value).ok());
    REQUIRE(keys_a.codec.stats().compact == 1);
  }
  testing::GotReply call(const rpc::Request& request) {
    Waiter waiter;
    a.remote().call(request, waiter.responder());
    REQUIRE(network.run_until([&] { return waiter.done(); }));
    return waiter.reply();
  }

  const core::Bytes value = person();
  SimNetwork network{1};
  Authority all;
  policy::Gate gate{*policy::from_config({}), core::Log{}};  // of `a`
  LateCodec late_a;
  LateCodec late_b;
  Rules rules_b;
  SimNode a;
  SimNode b;
  sealing::testing::Node keys_a;
  sealing::testing::Node keys_b;
  std::string seen;
};

}  // namespace

TEST_CASE("T21: the owner's node sees all of a reply, a member a part, others what is clear") {
  Pair nodes;
  nodes.all.acting.insert({nodes.a.identity.id, kAnn});
  auto reply = nodes.ask();
  REQUIRE(reply.ok());
  CHECK(has(reply.payload, "name-sentinel"));
  CHECK_FALSE(has(reply.payload, "email-sentinel"));
  CHECK_FALSE(has(reply.payload, "phone-sentinel"));

  nodes.keys_a.ring.give(nodes.all.networks.at(kMain));
  nodes.keys_a.codec.keys_changed();
  reply = nodes.ask();
  CHECK(has(reply.payload, "phone-sentinel"));
  CHECK_FALSE(has(reply.payload, "email-sentinel"));

  nodes.keys_a.ring.give(nodes.all.profiles.at(kAnn));
  nodes.keys_a.codec.keys_changed();
  reply = nodes.ask(kAnn);
  CHECK(reply.payload == core::as_text(nodes.value));
  CHECK(nodes.b.handler.asked.back().profile == kAnn);
}

TEST_CASE("T14: a caller that names a profile which does not list its node is refused") {
  Pair nodes;
  // Its own node says yes, so that the name goes out; the other end knows better.
  nodes.all.acting.insert({nodes.a.identity.id, kBob});
  sealing::testing::Authority others;
  sealing::testing::Node strict(others, nodes.b.identity.id);
  nodes.late_b.inner = &strict.codec;
  const auto reply = nodes.ask(kBob);
  CHECK(reply.code == Errc::kRecipientNotAuthorised);
  CHECK(reply.executed == Executed::kNo);
  CHECK(nodes.b.handler.asked.empty());
}

TEST_CASE("W4: a profile for which this node may not ask does not leave it") {
  Pair nodes;
  REQUIRE(nodes.ask(kBob).ok());
  CHECK(nodes.b.handler.asked.back().profile.is_zero());
}

TEST_CASE("the private fields of a request are read by a provider that has the key") {
  Pair nodes;
  nodes.keys_b.ring.give(nodes.all.networks.at(kMain));
  rpc::Request request = testing::sim_request("users/ann/set", "");
  request.payload = payload_of(nodes.value);
  REQUIRE(nodes.call(request).ok());
  const std::string& got = nodes.b.handler.asked.back().payload;
  CHECK(has(got, "phone-sentinel"));
  CHECK_FALSE(has(got, "email-sentinel"));
}

TEST_CASE("T20: a sealed request is not opened for a peer that may not ask") {
  Pair nodes;
  nodes.rules_b.deny = true;
  const testing::GotReply reply = nodes.tell(nodes.value);
  CHECK(reply.code == Errc::kDenied);
  CHECK(reply.executed == Executed::kNo);
  CHECK(reply.message == "not here");
  CHECK(nodes.late_b.opens == 0);
  CHECK(nodes.b.handler.calls == 0);
  nodes.rules_b.deny = false;
  CHECK(nodes.tell(nodes.value).ok());
  CHECK(nodes.late_b.opens == 1);
}

TEST_CASE(
    "T14: a request is read as a profile that it names where a rule of its node allows that") {
  Pair nodes;
  nodes.keys_b.ring.give(nodes.all.profiles.at(kBob));
  const auto named = [&](const std::vector<core::ProfileId>& recipients) {
    rpc::Request request = testing::sim_request("users/ann/set", "");
    request.payload = payload_of(nodes.value);
    request.recipients = recipients;
    REQUIRE(nodes.call(request).ok());
    CHECK(nodes.b.handler.asked.back().profile.is_zero());
    return has(nodes.b.handler.asked.back().payload, "email-sentinel");
  };
  CHECK_FALSE(named({kBob}));
  config::Authorization authorization;
  authorization.labels["user"] = {{}, {"caller", kBob.text()}, {}, {}};
  nodes.gate.set_policy(*policy::from_config(authorization));
  CHECK_FALSE(named({}));
  CHECK(named({kBob}));
  CHECK_FALSE(has(nodes.seen, kBob.text()));
  CHECK(nodes.keys_a.codec.stats().left_out == 3);  // of the first both, of the last the phone
}

TEST_CASE("a peer whose version knows no sealed payloads gets an error, and never the value") {
  Pair nodes(false);
  const auto reply = nodes.ask();
  CHECK(reply.code == Errc::kPeerCannotOpen);
  CHECK(reply.executed == Executed::kYes);
  CHECK(nodes.b.handler.asked.size() == 1);
}

TEST_CASE("T22: a reply that was sealed for another place is refused whole") {
  Pair nodes;
  nodes.keys_a.ring.give(nodes.all.networks.at(kMain));
  // The provider's node takes what it sealed for another path.
  rpc::PayloadPlace place{rpc::PayloadPlace::Kind::kReply, "main", "users/bob", 0, {}, {}, true};
  const auto moved = nodes.keys_b.codec.seal(place, payload_of(nodes.value));
  REQUIRE(moved);
  nodes.b.handler.answer = [&](const testing::Asked& asked) {
    rpc::Payload payload = *moved;
    payload.type = 0;  // so that it is not sealed again
    asked.responder(rpc::Reply::success(payload));
  };
  const auto reply = nodes.ask();
  CHECK(reply.code == Errc::kSealedRefused);
  CHECK(reply.executed == Executed::kYes);
  CHECK(nodes.keys_a.codec.stats().refused == 1);
}

TEST_CASE("payloads without private fields never meet the codec") {
  Pair nodes;
  nodes.late_a.inner = nodes.late_b.inner = nullptr;
  rpc::Request request = testing::sim_request("echo", "plain");
  CHECK(nodes.call(request).payload == "plain");
  CHECK(nodes.late_a.sealed + nodes.late_b.sealed == 0);
}

TEST_CASE("an event that is not sealed, though its type is private, does not leave the node") {
  Pair nodes;
  transport::OutgoingEvent event;
  event.header.network = testing::network_of("main");
  event.header.topic = "users/ann/changed";
  event.header.type = kType;
  event.header.encoding = rpc::Encoding::kCbor;
  event.payload = nodes.value;
  const auto sent = nodes.a.remote().publish(0, event);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == Errc::kPeerCannotOpen);
}

TEST_CASE("a receiver that began anew gets a compact request once more in full, its handler once") {
  Pair nodes;
  nodes.make_compact();
  sealing::testing::Node again(nodes.all, nodes.b.identity.id);
  again.ring = nodes.keys_b.ring;
  nodes.late_b.inner = &again.codec;
  const std::size_t asked = nodes.b.handler.asked.size();
  REQUIRE(nodes.tell(nodes.value).ok());
  CHECK(nodes.late_a.in_fulls == 1);
  REQUIRE(nodes.b.handler.asked.size() == asked + 1);
  CHECK(has(nodes.b.handler.asked.back().payload, "phone-sentinel"));
  REQUIRE(nodes.tell(nodes.value).ok());  // in full at once: nobody has said that it is kept
  CHECK(nodes.late_a.in_fulls == 1);
  CHECK(again.codec.stats().refused == 0);
}

TEST_CASE("a large compact request is sent once more in full, too") {
  Pair nodes;
  nodes.make_compact();
  sealing::testing::Node again(nodes.all, nodes.b.identity.id);
  again.ring = nodes.keys_b.ring;
  nodes.late_b.inner = &again.codec;
  const core::Bytes large = sealing::testing::cbor([](runar::cbor::Writer& w) {
    w.map(1);
    w.text("phone");
    w.text(std::string(100'000, 'x') + "phone-sentinel");
  });
  REQUIRE(nodes.tell(large).ok());
  CHECK(nodes.late_a.in_fulls == 1);
  CHECK(nodes.b.handler.asked.back().payload == core::as_text(large));
}

TEST_CASE("a peer that never knows the key gets a request in full once, and no third time") {
  Pair nodes;
  nodes.make_compact();
  const std::size_t asked = nodes.b.handler.asked.size();
  const std::size_t opens = nodes.late_b.opens;
  nodes.late_b.deaf = true;
  const auto reply = nodes.tell(nodes.value);
  CHECK(reply.code == Errc::kKekUnknown);
  CHECK(reply.executed == Executed::kNo);
  CHECK(nodes.late_a.in_fulls == 1);
  CHECK(nodes.late_b.opens == opens + 2);
  CHECK(nodes.b.handler.asked.size() == asked);
  nodes.late_b.deaf = false;
  CHECK(nodes.tell(nodes.value).ok());
}

TEST_CASE("a request that is no sealed one is not repeated for a key that nobody needs") {
  Pair nodes;
  nodes.b.handler.answer = [](const testing::Asked& asked) {
    asked.responder(rpc::Reply::failure(core::fail(Errc::kKekUnknown, "", Executed::kNo)));
  };
  const auto reply = nodes.call(testing::sim_request("users/ann", "plain"));
  CHECK(reply.code == Errc::kKekUnknown);
  CHECK(nodes.b.handler.asked.size() == 1);
}
