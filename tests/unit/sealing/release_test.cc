// Rules of who may be released a label, where messages are sealed.
#include "policy/from_config.h"
#include "world.h"

namespace runard::sealing::testing {
namespace {

constexpr std::uint64_t kType = 77;
const char* const kSchema = R"({"properties":{"email":{"x-runar-label":"user"},
    "phone":{"x-runar-label":"system"}}})";

std::shared_ptr<const policy::Policy> rules(std::map<std::string, config::Release> labels) {
  config::Authorization authorization;
  authorization.labels = std::move(labels);
  auto made = policy::from_config(authorization);
  REQUIRE(made);
  return *made;
}

// Node A answers and publishes; B, of group support, and C are linked to it and in network main.
struct World {
  World() {
    from.declare(kType, kSchema);
    gate.set_self({kA, {}, {"main"}});
    gate.know({kB, {"support"}, {"main"}});
    gate.know({kC, {"web"}, {"main"}});
    for (Node* member : {&b, &c}) {
      member->ring.give(all.networks.at(kMain));
    }
    b.ring.give(all.nodes.at(kB));
    b.ring.give(all.profiles.at(kAnn));
    c.ring.give(all.nodes.at(kC));
  }

  void allow(std::map<std::string, config::Release> labels) { gate.set_policy(rules(labels)); }

  // The fields that `reader` gets of a message of A's, "email phone" at most.
  std::string sees(Node& reader, const core::NodeId& id, PayloadPlace::Kind kind) {
    const core::Bytes value = cbor([](runar::cbor::Writer& w) {
      w.map(2);
      for (const char* key : {"email", "phone"}) {
        w.text(key);
        w.text(std::string(key) + "-sentinel");
      }
    });
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = kType;
    const bool event = kind == PayloadPlace::Kind::kEvent;
    PayloadPlace place{kind, "main", "users/ann", 5, event ? core::NodeId{} : id, kAnn, true};
    const auto sealed = from.codec.seal(place, payload);
    REQUIRE(sealed);
    place.peer = kA;
    const auto opened = reader.open(place, *sealed);
    REQUIRE(opened);
    const std::string_view text = core::as_text(*opened);
    const bool email = text.find("email-sentinel") != std::string_view::npos;
    const bool phone = text.find("phone-sentinel") != std::string_view::npos;
    return std::string(email ? "email" : "") + (email && phone ? " " : "") + (phone ? "phone" : "");
  }
  // Of a reply, a request and an event.
  std::string sees(Node& reader, const core::NodeId& id) {
    const std::string reply = sees(reader, id, PayloadPlace::Kind::kReply);
    CHECK(sees(reader, id, PayloadPlace::Kind::kRequest) == reply);
    CHECK(sees(reader, id, PayloadPlace::Kind::kEvent) == reply);
    return reply;
  }

  Authority all;
  policy::Gate gate{rules({}), core::Log{}};
  Node from{all, kA, &gate};
  Node b{all, kB};
  Node c{all, kC};
};

TEST_CASE("W4: Without a rule a label goes to whomever it names") {
  World world;
  CHECK(world.sees(world.b, kB) == "email phone");
  CHECK(world.sees(world.c, kC) == "phone");
}

TEST_CASE("W4: A rule that names nobody redacts the label for everybody") {
  World world;
  world.allow({{"system", {}}});
  CHECK(world.sees(world.b, kB) == "email");
  CHECK(world.sees(world.c, kC).empty());
}

TEST_CASE("W4: A group that a rule names gets what the rest of its network does not") {
  World world;
  world.allow({{"system", {{}, {}, {}, {"support"}}}});
  CHECK(world.sees(world.b, kB) == "email phone");
  CHECK(world.sees(world.c, kC).empty());
  world.gate.know({kB, {"web"}, {"main"}});  // its new certificate has another group
  CHECK(world.sees(world.b, kB) == "email");
}

TEST_CASE("W4: A node that a rule names gets what the rest of its network does not") {
  World world;
  world.allow({{"system", {{}, {}, {kC.text()}, {}}}});
  CHECK(world.sees(world.b, kB) == "email");
  CHECK(world.sees(world.c, kC) == "phone");
  world.gate.know({kC, {"web"}, {"other"}});  // no member any more
  CHECK(world.sees(world.c, kC).empty());
}

TEST_CASE("T14: A profile gets a label only where a rule names it or the caller") {
  World world;
  world.allow({{"user", {{"main"}, {kBob.text()}, {}, {}}}});
  CHECK(world.sees(world.b, kB) == "phone");
  world.allow({{"user", {{}, {kAnn.text()}, {}, {}}}});
  CHECK(world.sees(world.b, kB) == "email phone");
  world.allow({{"user", {{}, {"caller"}, {}, {}}}});
  CHECK(world.sees(world.b, kB) == "email phone");
}

TEST_CASE("W4: A node that is not linked gets nothing by the name of its group") {
  World world;
  world.allow({{"system", {{}, {}, {}, {"support"}}}});
  world.gate.forget(kB);
  CHECK(world.sees(world.b, kB) == "email");
  CHECK(world.from.codec.stats().withheld == 3);
}

TEST_CASE("What a rule leaves is sealed to no more keys than an envelope has room for") {
  World world;
  world.allow({{"system", {{}, {}, {}, {"support"}}}});
  for (std::uint8_t i = 0; i < 200; ++i) {
    const auto id = id_of<core::NodeId>(i);
    world.all.nodes.try_emplace(id, Authority::make(envelope::KeyKind::kNode, id));
    world.gate.know({id, {"support"}, {"main"}});
  }
  const auto set = world.from.recipients.of({"system"}, {kMain, {}, {}});
  REQUIRE(set != nullptr);
  CHECK(set->recipients().size() == envelope::kMaxRecipients);
  CHECK(world.from.recipients.of({"system"}, {kMain, {}, {}, kB})->recipients().size() == 1);
}

}  // namespace
}  // namespace runard::sealing::testing
