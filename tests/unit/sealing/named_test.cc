// Recipients that a message names: who of them gets what, and what is said of the others.
#include <algorithm>

#include "policy/from_config.h"
#include "rpc/handler.h"
#include "world.h"

namespace runard::sealing::testing {
namespace {

using Kind = PayloadPlace::Kind;
using Profiles = std::vector<core::ProfileId>;

constexpr std::uint64_t kType = 77;
const char* const kSchema = R"({"properties":{"email":{"x-runar-label":"user"},
    "card":{"x-runar-label":"owned"},"note":{"x-runar-label":["user","owned"]}}})";
const core::ProfileId kEve = id_of<core::ProfileId>(0x0e);  // of whom no certificate is known

// Node A sends, for Ann; B has her key, C has Bob's.
struct World {
  World() {
    from.declare(kType, kSchema);
    b.ring.give(all.profiles.at(kAnn));
    c.ring.give(all.profiles.at(kBob));
    for (Node* reader : {&b, &c}) {
      reader->ring.signers[kA] = std::make_shared<crypto::PublicKey>(from.key->public_key());
    }
  }

  // The profiles that may have each label.
  void release(const std::map<std::string, std::vector<std::string>>& labels) {
    config::Authorization authorization;
    for (const auto& [label, profiles] : labels) {
      authorization.labels[label] = {{}, profiles, {}, {}};
    }
    gate.set_policy(*policy::from_config(authorization));
  }
  PayloadPlace place(const Profiles& named, Kind kind = Kind::kRequest) const {
    const bool event = kind == Kind::kEvent || kind == Kind::kStored;
    return {kind, "main", "users/ann", 5, event ? core::NodeId{} : kC, kAnn, true, named};
  }
  core::Result<rpc::Payload> seal(const PayloadPlace& where) {
    const core::Bytes value = cbor([](runar::cbor::Writer& w) {
      w.map(3);
      for (const char* key : {"card", "note", "email"}) {
        w.text(key);
        w.text(std::string(key) + "-sentinel");
      }
    });
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = kType;
    return from.codec.seal(where, payload);
  }
  // The fields that `reader` gets, "card email note" at most.
  std::string sees(Node& reader, const Profiles& named, Kind kind = Kind::kRequest) {
    PayloadPlace where = place(named, kind);
    const auto sealed = seal(where);
    REQUIRE(sealed);
    where.peer = kA;
    where.recipients = {};  // they are not on the wire
    const auto opened = reader.open(where, *sealed);
    REQUIRE(opened);
    std::string seen;
    for (const char* key : {"card", "email", "note"}) {
      if (core::as_text(*opened).find(std::string(key) + "-sentinel") != std::string_view::npos) {
        seen += (seen.empty() ? "" : " ") + std::string(key);
      }
    }
    return seen;
  }
  std::uint64_t left_out() const { return from.codec.stats().left_out; }
  bool logged(std::string_view text) const { return lines.find(text) != std::string::npos; }

  std::string lines;
  test::ManualClock log_clock;
  core::Log log{
      std::make_shared<core::LogSink>(log_clock, core::LogFormat::kText,
                                      [this](std::string_view line) { lines.append(line); }),
      "sealing"};
  Authority all;
  policy::Gate gate{*policy::from_config({}), core::Log{}};
  Node from{all, kA, &gate, log};
  Node b{all, kB};
  Node c{all, kC};
};

TEST_CASE("T14: Naming a recipient in a call gives nothing unless a rule allows it") {
  World world;
  CHECK(world.sees(world.c, {kBob}).empty());  // no rule: what the label says, and no more
  CHECK(world.logged("a recipient that a message names gets nothing"));
  CHECK(world.logged(kBob.text()));
  CHECK(world.logged("no rule of authorization.labels names it"));
  CHECK_FALSE(world.logged("sentinel"));
  world.release({{"user", {"caller"}}});  // the caller, and nobody by being named
  CHECK(world.sees(world.c, {kBob}).empty());
  world.release({{"user", {"caller", kAnn.text()}}});
  CHECK(world.sees(world.c, {kBob}).empty());
  world.release({{"other", {kBob.text()}}});
  CHECK(world.sees(world.c, {kBob}).empty());
  CHECK(world.left_out() == 4 * 3);                    // of three groups each
  CHECK(world.sees(world.b, {kBob}) == "email note");  // who may read it does so all the same
}

TEST_CASE("A request's field that is sealed to nobody is told of, with its label") {
  World world;
  PayloadPlace where = world.place({});
  CHECK(world.seal(where));
  CHECK(world.logged("field=card labels=owned"));  // nobody owns it; the others are Ann's
  CHECK_FALSE(world.logged("field=email"));
  where.profile = {};
  REQUIRE(world.seal(where));
  CHECK(world.logged("sealed to nobody"));
  CHECK(world.logged("field=email labels=user"));
  CHECK(world.logged("path=users/ann"));
  CHECK_FALSE(world.logged("sentinel"));

  const core::Bytes value = cbor([](runar::cbor::Writer& w) {
    w.map(1);
    w.text("email");
    w.text("x");
  });
  rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
  CHECK(world.from.codec.withheld(where, payload).empty());  // of no type
  payload.type = kType;
  const auto withheld = world.from.codec.withheld(where, payload);
  REQUIRE(withheld.size() == 1);
  CHECK(withheld[0].field == "email");
  CHECK(withheld[0].labels == LabelSet{"user"});
  where.profile = kAnn;
  CHECK(world.from.codec.withheld(where, payload).empty());

  world.lines.clear();
  where.profile = {};
  where.kind = Kind::kReply;
  REQUIRE(world.seal(where));
  CHECK(world.lines.empty());
}

TEST_CASE("T14: Without rules of authorization at all, nobody is let in by being named") {
  World world;
  Node lawless(world.all, kA);
  lawless.declare(kType, kSchema);
  CHECK(lawless.recipients.of({"user"}, {kMain, kAnn, {}, kC, {kBob}})->recipients().size() == 1);
}

TEST_CASE("A recipient that is named and that a rule allows opens the fields of that label") {
  World world;
  world.release({{"user", {"caller", kBob.text()}}});
  for (const Kind kind : {Kind::kRequest, Kind::kEvent, Kind::kStored}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(world.sees(world.c, {}, kind).empty());  // the rule alone gives nothing, either
    CHECK(world.sees(world.c, {kBob}, kind) == "email note");
    CHECK(world.sees(world.b, {kBob}, kind) ==
          (kind == Kind::kRequest ? "email note" : "card email note"));
  }
  CHECK(world.logged("labels=owned"));
  CHECK_FALSE(world.logged("labels=user"));
}

TEST_CASE("A label that nobody else may read goes to the one who is named") {
  World world;
  world.release({{"user", {kBob.text()}}});
  CHECK(world.sees(world.c, {kBob}) == "email note");
  CHECK(world.sees(world.b, {kBob}).empty());
}

TEST_CASE("A rule that is taken away, and a key that is, count from the next message on") {
  World world;
  world.release({{"user", {"caller", kBob.text()}}});
  CHECK(world.sees(world.c, {kBob}) == "email note");
  world.release({{"user", {"caller"}}});
  CHECK(world.sees(world.c, {kBob}).empty());
  world.release({{"user", {"caller", kBob.text()}}});
  world.all.profiles.erase(kBob);
  ++world.all.changes;
  CHECK(world.sees(world.c, {kBob}).empty());
}

TEST_CASE("A recipient of whom no key is known is left out; the others get the field") {
  World world;
  world.release({{"user", {"caller", kBob.text(), kEve.text()}}});
  CHECK(world.sees(world.c, {kEve, kBob}) == "email note");
  CHECK(world.logged(kEve.text()));
  CHECK(world.logged("no key of it is known here"));
}

TEST_CASE("Who may read a label anyway is not said to be left out") {
  World world;
  world.release({{"user", {"caller"}}, {"owned", {"caller"}}});
  CHECK(world.sees(world.b, {kAnn}, Kind::kEvent) == "card email note");
  CHECK(world.left_out() == 0);
  CHECK(world.lines.empty());
}

TEST_CASE("The log of recipients that are left out is limited; the count is not") {
  World world;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(world.seal(world.place({kBob})));
  }
  std::size_t told = 0;
  for (auto at = world.lines.find(" gets nothing"); at != std::string::npos;
       at = world.lines.find(" gets nothing", at + 1)) {
    ++told;
  }
  CHECK(told == 20);
  CHECK(world.left_out() == 300);
}

TEST_CASE("A message may name sixteen recipients, and with one more it is not sealed") {
  World world;
  world.release({{"user", {kBob.text()}}});
  Profiles named;
  for (std::uint8_t i = 0x41; named.size() + 1 < rpc::kMaxRecipients; ++i) {
    named.push_back(id_of<core::ProfileId>(i));
  }
  named.push_back(kBob);
  CHECK(world.sees(world.c, named) == "email note");
  named.push_back(kEve);
  const auto sealed = world.seal(world.place(named));
  REQUIRE_FALSE(sealed);
  CHECK(sealed.error().code == Errc::kEnvelopeLimit);
}

TEST_CASE("Recipients that are named twice, in any order, and that get nothing make no other key") {
  World world;
  world.release({{"user", {"caller", kBob.text()}}});
  const auto sealed_size = [&](const Profiles& named) {
    return world.seal(world.place(named))->bytes.size();
  };
  const std::size_t full = sealed_size({kBob});
  CHECK(sealed_size({kBob, kBob}) == full);
  CHECK(sealed_size({kEve, kBob, kBob}) == full);
  Recipients& recipients = world.from.recipients;
  const auto digest = [&](Profiles named) {
    return recipients.of({"user"}, {kMain, kAnn, {}, kC, std::move(named)})->digest();
  };
  CHECK(digest({kEve}) == digest({}));
  CHECK(digest({kBob}) == digest({kBob, kEve}));
  CHECK(digest({kBob}) != digest({}));
}

TEST_CASE("However many are named, what is kept is bounded") {
  World world;
  world.release({{"user", {"caller", kBob.text()}}});
  for (std::size_t i = 0; i < Recipients::kMaxKept + 10; ++i) {
    core::ProfileId stranger = kEve;
    stranger.bytes[0] = static_cast<std::uint8_t>(i);
    stranger.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    (void)world.from.recipients.of({"user"}, {kMain, kAnn, {}, kC, {stranger}});
  }
  CHECK(world.from.recipients.kept() <= Recipients::kMaxKept);
  CHECK(world.sees(world.c, {kBob}) == "email note");
}

TEST_CASE("One who is named has to find room beside those that the label names") {
  World world;
  config::Authorization authorization;
  authorization.labels["system"] = {{}, {kBob.text()}, {}, {"support"}};
  world.gate.set_policy(*policy::from_config(authorization));
  for (std::uint8_t i = 0; i < envelope::kMaxRecipients; ++i) {
    const auto id = id_of<core::NodeId>(i);
    world.all.nodes.try_emplace(id, Authority::make(envelope::KeyKind::kNode, id));
    world.gate.know({id, {"support"}, {"main"}});
  }
  const auto readers = world.from.recipients.readers({"system"}, {kMain, {}, {}, {}, {kBob}});
  REQUIRE(readers.left_out.size() == 1);
  CHECK(readers.left_out[0].why == LeftOut::Why::kNoRoom);
  CHECK(readers.set->recipients().size() == envelope::kMaxRecipients);
}

}  // namespace
}  // namespace runard::sealing::testing
