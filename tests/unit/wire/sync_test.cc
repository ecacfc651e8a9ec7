#include "wire/sync.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"
#include "wire/cbor.h"

using namespace runard;
using namespace runard::wire;

namespace {

constexpr std::size_t kPlenty = 1 << 20;

core::NetworkId network(std::uint8_t fill) {
  core::NetworkId id;
  id.bytes.fill(fill);
  return id;
}

ServiceEntry math() {
  ServiceEntry service;
  service.path = "math";
  service.type = "m";
  service.version = "1";
  service.state = 3;
  service.registered_ms = 1000;
  service.actions.emplace();
  service.actions->push_back({"add", "", "{}", "", 1});
  return service;
}

Update sample() {
  Update update;
  update.epoch = 7;
  update.version = 9;
  update.name = "n1";
  update.addresses = {*Address::parse("10.0.0.5:8889")};
  Section section;
  section.network = network(0xab);
  section.services = {math()};
  section.subscriptions = {{"a/*", "g"}, {"b", ""}};
  update.sections = {section};
  return update;
}

}  // namespace

TEST_CASE("a snapshot's bytes are these") {
  const core::Bytes golden = {
      0xa6, 0x01, 0xf5, 0x02, 0x07, 0x04, 0x09,                         // snapshot, epoch, version
      0x05, 0x62, 'n',  '1',                                            // name
      0x06, 0x81, 0x46, 10,   0,    0,    5,    0x22, 0xb9,             // addresses
      0x07, 0x81, 0xa3,                                                 // one network
      0x01, 0x50, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,       //
      0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,                   // its id
      0x02, 0x81, 0xa6,                                                 // one service
      0x01, 0x64, 'm',  'a',  't',  'h',  0x02, 0x61, 'm',              // path, type
      0x03, 0x61, '1',  0x05, 0x03, 0x06, 0x19, 0x03, 0xe8,             // version, state, since
      0x08, 0x81, 0xa3, 0x01, 0x63, 'a',  'd',  'd',                    // one action
      0x03, 0x62, '{',  '}',  0x05, 0x01,                               //
      0x03, 0x82, 0xa2, 0x01, 0x63, 'a',  '/',  '*',  0x02, 0x61, 'g',  // subscriptions
      0xa1, 0x01, 0x61, 'b'};
  CHECK(encode(sample()) == golden);
  CHECK(*decode_update(golden, kPlenty) == sample());
}

TEST_CASE("an action's time for a call travels, and is left out when it has none") {
  Update update = sample();
  const std::size_t plain = encode(update).size();
  update.sections[0].services[0].actions->at(0).timeout_ms = 60'000;
  const core::Bytes bytes = encode(update);
  CHECK(bytes.size() > plain);
  CHECK(*decode_update(bytes, kPlenty) == update);
}

TEST_CASE("a delta keeps what is gone, and that actions were left out") {
  Update delta = sample();
  delta.snapshot = false;
  delta.base = 8;
  delta.sections[0].services[0].actions.reset();
  delta.sections[0].gone_services = {"old", "older"};
  delta.sections[0].gone_subscriptions = {{"x/>", ""}};
  CHECK(*decode_update(encode(delta), kPlenty) == delta);
}

TEST_CASE("an empty list of actions is not the same as none") {
  Update update = sample();
  update.sections[0].services[0].actions->clear();
  CHECK(decode_update(encode(update), kPlenty)->sections[0].services[0].actions.has_value());
}

TEST_CASE("keys of a newer peer are skipped") {
  core::Bytes bytes;
  CborWriter writer(bytes);
  writer.map(5);
  writer.key(1), writer.boolean(true);
  writer.key(2), writer.number(7);
  writer.key(4), writer.number(9);
  writer.key(5), writer.text("n");
  writer.key(40), writer.array(2), writer.number(1), writer.text("new");
  CHECK(decode_update(bytes, kPlenty)->name == "n");
}

TEST_CASE("an update that needs more memory than allowed is too large") {
  const core::Bytes bytes = encode(sample());
  std::size_t memory = 0;
  while (decode_update(bytes, memory).has_error()) {
    CHECK(decode_update(bytes, memory).error().code == core::Errc::kTooLarge);
    ++memory;
  }
  CHECK(memory > footprint(math()));
}

TEST_CASE("a few bytes can't claim many rows") {
  core::Bytes bytes;
  CborWriter writer(bytes);
  writer.map(4);
  writer.key(1), writer.boolean(true);
  writer.key(2), writer.number(7);
  writer.key(4), writer.number(9);
  writer.key(7), writer.array(1), writer.map(2);
  writer.key(1), writer.bytes(network(1).bytes);
  writer.key(2), writer.array(50000);
  for (int i = 0; i < 50000; ++i) {
    writer.map(0);
  }
  CHECK(decode_update(bytes, kPlenty).error().code == core::Errc::kTooLarge);
}

TEST_CASE("an update that is cut short or has a tail is refused") {
  core::Bytes bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(decode_update(core::ByteView(bytes).first(size), kPlenty).has_error());
  }
  bytes.push_back(0);
  CHECK(decode_update(bytes, kPlenty).has_error());
}

TEST_CASE("an update without epoch, version or network is refused") {
  Update update = sample();
  update.epoch = 0;
  CHECK(decode_update(encode(update), kPlenty).has_error());
  update = sample();
  update.version = 0;
  CHECK(decode_update(encode(update), kPlenty).has_error());
  update = sample();
  update.sections[0].network = {};
  CHECK(decode_update(encode(update), kPlenty).has_error());
}

TEST_CASE("mutated updates are refused or read, never worse") {
  core::SeededRandom random(11);
  const core::Bytes good = encode(sample());
  for (int round = 0; round < 20000; ++round) {
    core::Bytes bytes = good;
    for (std::uint64_t flips = random.below(4) + 1; flips > 0; --flips) {
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    }
    const auto decoded = decode_update(bytes, kPlenty);
    if (decoded.has_value()) {
      CHECK(*decode_update(encode(*decoded), kPlenty) == *decoded);
    }
  }
}

TEST_CASE("a chunk's bytes are these, and what is out of range is refused") {
  const core::Bytes body = {1, 2, 3};
  const RowsChunk chunk{5, 1, 2, body};
  const core::Bytes golden = {0xa4, 1, 5, 2, 1, 3, 2, 4, 0x43, 1, 2, 3};
  CHECK(encode(chunk) == golden);
  const auto decoded = decode_rows_chunk(golden);
  CHECK(decoded->update == 5);
  CHECK(decoded->index == 1);
  CHECK(decoded->count == 2);
  CHECK(core::Bytes(decoded->body.begin(), decoded->body.end()) == body);

  CHECK(decode_rows_chunk(encode(RowsChunk{0, 0, 1, body})).has_error());
  CHECK(decode_rows_chunk(encode(RowsChunk{5, 2, 2, body})).has_error());
  CHECK(decode_rows_chunk(encode(RowsChunk{5, 0, 0, body})).has_error());
  CHECK(decode_rows_chunk(encode(RowsChunk{5, 0, 1, {}})).has_error());
  const core::Bytes large(RowsChunk::kMaxBody + 1, 0);
  CHECK(decode_rows_chunk(encode(RowsChunk{5, 0, 1, large})).has_error());
}

TEST_CASE("the largest chunk fits a control frame") {
  const core::Bytes body(RowsChunk::kMaxBody, 0);
  CHECK(encode(RowsChunk{UINT64_MAX, UINT64_MAX - 1, UINT64_MAX, body}).size() < 64 * 1024);
}

TEST_CASE("heartbeats and empty bodies have golden bytes") {
  CHECK(encode(Heartbeat{9}) == core::Bytes{0xa1, 1, 9});
  CHECK(*decode_heartbeat(core::Bytes{0xa1, 1, 9}) == Heartbeat{9});
  CHECK(decode_heartbeat(core::Bytes{}).has_error());
  CHECK(empty_body() == core::Bytes{0xa0});
  CHECK(decode_empty_body(core::Bytes{0xa0}).has_value());
  CHECK(decode_empty_body(core::Bytes{0xa1, 1, 1}).has_value());  // a newer peer's field
  CHECK(decode_empty_body(core::Bytes{0xa0, 0}).has_error());
  CHECK(decode_empty_body(core::Bytes{}).has_error());
}

TEST_CASE("peer hints survive their bytes; too many are left out or refused") {
  core::NodeId node;
  node.bytes.fill(0x11);
  const PeerHint hint{node, {*Address::parse("10.0.0.5:8889")}};
  const core::Bytes golden = {0xa1, 0x01, 0x81, 0xa2, 0x01, 0x50, 0x11, 0x11, 0x11, 0x11, 0x11,
                              0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                              0x02, 0x81, 0x46, 10,   0,    0,    5,    0x22, 0xb9};
  CHECK(encode(std::vector{hint}) == golden);
  CHECK(*decode_peer_hints(golden) == std::vector{hint});

  const std::vector<PeerHint> many(kMaxPeerHints + 5, hint);
  CHECK(decode_peer_hints(encode(many))->size() == kMaxPeerHints);
  CHECK(encode(many).size() < 64 * 1024);
  CHECK(decode_peer_hints(encode(std::vector{PeerHint{node, {}}})).has_error());
  CHECK(decode_peer_hints(encode(std::vector{PeerHint{{}, hint.addresses}})).has_error());
}
