#include "sealing/codec.h"

#include "envelope/layout.h"
#include "world.h"

namespace runard::sealing::testing {
namespace {

const char* const kSchema = R"({"properties":{"email":{"x-runar-label":"user"},
    "phone":{"x-runar-label":"system"},"code":{"x-runar-label":"other"},
    "note":{"x-runar-label":"nobody"}}})";
constexpr std::uint64_t kType = 77;

core::Bytes value() {
  return cbor([](runar::cbor::Writer& w) {
    w.map(5);
    for (const char* key : {"code", "name", "note", "email", "phone"}) {
      w.text(key);
      w.text(std::string(key) + "-sentinel");
    }
  });
}

rpc::Payload payload(core::ByteView bytes, rpc::Encoding encoding = rpc::Encoding::kCbor) {
  rpc::Payload payload = rpc::Payload::borrow(bytes, encoding);
  payload.type = kType;
  return payload;
}

bool has(const core::Bytes& bytes, std::string_view text) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find(text) !=
         std::string_view::npos;
}

// Where the names of keys stand that are in the ring: kind, id and version of each stanza for one.
std::set<std::size_t> names_of_keys(core::ByteView sealed, const Ring& ring) {
  const auto view = envelope::EnvelopeView::parse(sealed);
  REQUIRE(view);
  std::set<std::size_t> places;
  for (const envelope::GroupView& group : view->groups()) {
    envelope::StanzaReader reader(group);
    for (envelope::Stanza stanza; reader.next(stanza);) {
      if (ring.find(stanza.address) == nullptr) {
        continue;
      }
      // kind, 16 bytes with their head, a version below 24; then enc with a head of two bytes
      const auto end = static_cast<std::size_t>(stanza.enc.data() - sealed.data()) - 2;
      for (std::size_t at = end - 19; at < end; ++at) {
        places.insert(at);
      }
    }
  }
  return places;
}

std::size_t count_of(const core::Bytes& bytes, std::string_view text) {
  std::size_t count = 0;
  const std::string_view all = core::as_text(bytes);
  for (std::size_t at = 0; (at = all.find(text, at)) != std::string_view::npos; ++at) {
    ++count;
  }
  return count;
}

struct World {
  World() { from.declare(kType, kSchema); }

  rpc::Payload seal(const PayloadPlace& where) {
    const core::Bytes bytes = value();
    auto sealed = from.codec.seal(where, payload(bytes));
    REQUIRE(sealed);
    CHECK(sealed->encoding == rpc::Encoding::kSealed);
    CHECK(sealed->type == kType);
    return *sealed;
  }
  // The same place as the receiver sees it.
  static PayloadPlace at_receiver(PayloadPlace where) {
    where.peer = kA;
    return where;
  }

  Authority all;
  Node from{all, kA};
  Node to{all, kB};
  PayloadPlace place{PayloadPlace::Kind::kReply, "main", "users/ann", 5, kB, kAnn, true};
};

TEST_CASE("T21: A receiver reads the fields that it has keys for; the others are redacted") {
  World world;
  const rpc::Payload sealed = world.seal(world.place);
  const core::Bytes on_wire(sealed.bytes.begin(), sealed.bytes.end());
  CHECK(has(on_wire, "name-sentinel"));
  CHECK_FALSE(has(on_wire, "email-sentinel"));
  CHECK_FALSE(has(on_wire, "note-sentinel"));

  const auto nothing = world.to.open(World::at_receiver(world.place), sealed);
  REQUIRE(nothing);
  CHECK(has(*nothing, "name-sentinel"));
  CHECK_FALSE(has(*nothing, "phone-sentinel"));

  Node member(world.all, kC);
  member.ring.give(world.all.networks.at(kMain));
  const auto partly = member.open(World::at_receiver(world.place), sealed);
  REQUIRE(partly);
  CHECK(has(*partly, "phone-sentinel"));
  CHECK_FALSE(has(*partly, "email-sentinel"));

  Node owner(world.all, kC);
  owner.ring.give(world.all.profiles.at(kAnn));
  owner.ring.give(world.all.networks.at(kOther));
  const auto whole = owner.open(World::at_receiver(world.place), sealed);
  REQUIRE(whole);
  CHECK(has(*whole, "phone-sentinel"));
  CHECK(has(*whole, "email-sentinel"));
  CHECK(has(*whole, "code-sentinel"));
  CHECK_FALSE(has(*whole, "note-sentinel"));  // nobody is a recipient
  CHECK(owner.codec.stats().opened == 1);
  CHECK(world.from.codec.stats().withheld == 1);
}

TEST_CASE("T21: A value that is private as a whole is sealed as a whole") {
  World world;
  constexpr std::uint64_t kWhole = 99;
  REQUIRE(world.from.types.declare(kWhole, "whole", R"({"x-runar-label":"system"})", labels()));
  const core::Bytes secret = value();
  rpc::Payload clear = payload(secret);
  clear.type = kWhole;
  const auto sealed = world.from.codec.seal(world.place, clear);
  REQUIRE(sealed);
  CHECK_FALSE(has({sealed->bytes.begin(), sealed->bytes.end()}, "sentinel"));
  const auto redacted = world.to.open(World::at_receiver(world.place), *sealed);
  REQUIRE(redacted);
  CHECK_FALSE(has(*redacted, "sentinel"));
  Node member(world.all, kC);
  member.ring.give(world.all.networks.at(kMain));
  const auto whole = member.open(World::at_receiver(world.place), *sealed);
  REQUIRE(whole);
  CHECK(has(*whole, "phone-sentinel"));
}

TEST_CASE("W16: A label for users only needs no key of the network") {
  World world;
  world.all.networks.clear();
  world.to.ring.give(world.all.profiles.at(kAnn));
  const rpc::Payload sealed = world.seal(world.place);
  const auto opened = world.to.open(World::at_receiver(world.place), sealed);
  REQUIRE(opened);
  CHECK(has(*opened, "email-sentinel"));
}

TEST_CASE("T14: Of data that names its owner, a caller that is not the owner gets nothing") {
  World world;
  world.from.declare(78, R"({"x-runar-owner":"id","properties":{"email":{"x-runar-label":"user"},
                             "card":{"x-runar-label":"owned"}}})");
  const auto sealed_for = [&](const core::ProfileId& caller) {
    const core::Bytes bytes = [] {
      runar::cbor::Writer w;
      w.map(3);
      w.text("id");
      w.text(kAnn.text());
      w.text("card");
      w.text("card-sentinel");
      w.text("email");
      w.text("email-sentinel");
      return core::Bytes(w.bytes().begin(), w.bytes().end());
    }();
    rpc::Payload given = rpc::Payload::borrow(bytes, rpc::Encoding::kCbor);
    given.type = 78;
    world.place.profile = caller;
    auto sealed = world.from.codec.seal(world.place, given);
    REQUIRE(sealed);
    return *sealed;
  };
  Node ann(world.all, kB);
  ann.ring.give(world.all.profiles.at(kAnn));
  Node bob(world.all, kC);
  bob.ring.give(world.all.profiles.at(kBob));

  auto sealed = sealed_for(kAnn);
  CHECK(has(*ann.open(World::at_receiver(world.place), sealed), "email-sentinel"));
  sealed = sealed_for(kBob);
  const auto seen = bob.open(World::at_receiver(world.place), sealed);
  REQUIRE(seen);
  CHECK_FALSE(has(*seen, "email-sentinel"));
  CHECK_FALSE(has(*seen, "card-sentinel"));
  // What is sealed to the owner stays so, whoever asked.
  CHECK(has(*ann.open(World::at_receiver(world.place), sealed), "card-sentinel"));
}

TEST_CASE("T22: A change of any byte refuses the message or leaves what was sealed") {
  World world;
  world.to.ring.give(world.all.profiles.at(kAnn));
  world.to.ring.give(world.all.networks.at(kMain));
  world.to.ring.give(world.all.networks.at(kOther));
  const rpc::Payload sealed = world.seal(world.place);
  const auto good = world.to.open(World::at_receiver(world.place), sealed);
  REQUIRE(good);
  REQUIRE(count_of(*good, "-sentinel") == 4);  // all but the one that nobody may read
  const std::set<std::size_t> names = names_of_keys(sealed.bytes, world.to.ring);
  REQUIRE(names.size() >= 3 * 19);
  std::size_t refused = 0;
  std::size_t redacted = 0;
  for (std::size_t i = 0; i < sealed.bytes.size(); ++i) {
    core::Bytes changed(sealed.bytes.begin(), sealed.bytes.end());
    changed[i] ^= 1;
    Node fresh(world.all, kB);  // it has seen no epoch before
    fresh.ring = world.to.ring;
    rpc::Payload given = rpc::Payload::borrow(changed, rpc::Encoding::kSealed);
    given.type = kType;
    const auto opened = fresh.open(World::at_receiver(world.place), given);
    INFO("byte " << i << " of " << sealed.bytes.size());
    if (!opened) {
      CHECK(opened.error().code == Errc::kSealedRefused);
      CHECK(fresh.codec.stats().refused == 1);
      ++refused;
    } else {
      // Only its own name in a stanza was changed: then the group is not for it.
      CHECK(names.contains(i));
      CHECK(count_of(*opened, "-sentinel") < 4);
      ++redacted;
    }
  }
  CHECK(redacted > 0);
  CHECK(refused + redacted == sealed.bytes.size());
}

TEST_CASE("T15: A message of another place is refused") {
  World world;
  world.to.ring.give(world.all.profiles.at(kAnn));
  const rpc::Payload sealed = world.seal(world.place);
  PayloadPlace place = World::at_receiver(world.place);
  SECTION("path") {
    place.path = "users/bob";
  }
  SECTION("kind") {
    place.kind = PayloadPlace::Kind::kRequest;
  }
  SECTION("network") {
    place.network = "other";
  }
  SECTION("sender") {
    place.peer = kC;
  }
  SECTION("request") {
    place.trace = 6;
  }
  const auto opened = world.to.open(place, sealed);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::kSealedRefused);
  CHECK(world.to.codec.stats().failures[4] == 1);
}

TEST_CASE("T15: A message of another type than its header says is refused") {
  World world;
  rpc::Payload sealed = world.seal(world.place);
  REQUIRE(world.to.types.declare(99, "another", kSchema, labels()));
  sealed.type = 99;
  CHECK_FALSE(world.to.open(World::at_receiver(world.place), sealed));
}

TEST_CASE("T28: The same request opens once, a reply of the same stream as often as it is read") {
  World world;
  world.place.kind = PayloadPlace::Kind::kRequest;
  const rpc::Payload request = world.seal(world.place);
  CHECK(world.to.open(World::at_receiver(world.place), request));
  CHECK_FALSE(world.to.open(World::at_receiver(world.place), request));
  CHECK(world.to.codec.stats().failures[11] == 1);
  world.place.kind = PayloadPlace::Kind::kReply;
  const rpc::Payload reply = world.seal(world.place);
  CHECK(world.to.open(World::at_receiver(world.place), reply));
  CHECK(world.to.open(World::at_receiver(world.place), reply));
}

TEST_CASE("T28: A request that was made too long ago is refused") {
  World world;
  world.place.kind = PayloadPlace::Kind::kRequest;
  const rpc::Payload request = world.seal(world.place);
  world.to.clock.advance(std::chrono::minutes(3));
  CHECK_FALSE(world.to.open(World::at_receiver(world.place), request));
  CHECK(world.to.codec.stats().failures[12] == 1);
}

TEST_CASE("T17: What is kept is signed by its sender, and opens for whoever trusts that key") {
  World world;
  world.place.kind = PayloadPlace::Kind::kStored;
  const rpc::Payload stored = world.seal(world.place);
  PayloadPlace place = world.place;
  place.peer = {};
  CHECK_FALSE(world.to.open(place, stored));  // knows no key of the sender's
  world.to.ring.signers[kA] = std::make_shared<crypto::PublicKey>(world.from.key->public_key());
  CHECK(world.to.open(place, stored));
  world.to.ring.signers[kA] = std::make_shared<crypto::PublicKey>(world.to.key->public_key());
  CHECK_FALSE(world.to.open(place, stored));
}

TEST_CASE("A peer that knows no sealed payloads gets an error, never the value") {
  World world;
  world.place.peer_opens = false;
  const core::Bytes bytes = value();
  const auto sealed = world.from.codec.seal(world.place, payload(bytes));
  REQUIRE_FALSE(sealed);
  CHECK(sealed.error().code == Errc::kPeerCannotOpen);
}

TEST_CASE("A payload of a private type that is no CBOR is refused") {
  World world;
  const core::Bytes text{'{', '}'};
  const auto sealed = world.from.codec.seal(world.place, payload(text, rpc::Encoding::kJson));
  REQUIRE_FALSE(sealed);
  CHECK(sealed.error().code == Errc::kNotOfItsType);
}

TEST_CASE("Recipients follow the labels and the keys at once") {
  World world;
  Recipients& recipients = world.from.recipients;
  const Audience audience{kMain, kAnn, kBob};
  CHECK(recipients.addresses({"system"}, audience).size() == 2);
  CHECK(recipients.of({"system"}, audience)->recipients().size() == 2);
  CHECK(recipients.of({"bob"}, audience)->recipients().front().address.id ==
        *envelope::KeyId::from(kBob.bytes));
  CHECK(recipients.of({"named"}, audience) == nullptr);  // anybody may call a profile so
  CHECK(recipients.of({"nobody"}, audience) == nullptr);
  world.all.networks.clear();
  CHECK(recipients.of({"system"}, audience)->recipients().size() == 2);  // nobody has said so
  ++world.all.changes;
  CHECK(recipients.of({"system"}, audience)->recipients().size() == 1);
  recipients.set_labels({{{"system", {}}}, 2});
  CHECK(recipients.of({"system"}, audience) == nullptr);
  for (std::uint8_t i = 0; i < 255; ++i) {
    for (std::uint8_t j = 0; j < 17; ++j) {
      (void)recipients.of({"system"}, {id_of<core::NetworkId>(i), id_of<core::ProfileId>(j), kBob});
    }
  }
  CHECK(recipients.of({"system"}, audience) == nullptr);  // and the table is still bounded
}

}  // namespace
}  // namespace runard::sealing::testing
