#include "wire/past.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"
#include "support/result_text.h"
#include "wire/limits.h"

using namespace runard;

namespace {

rpc::PastQuery question() {
  rpc::PastQuery query;
  query.pattern = "news/>";
  query.group = "g";
  query.max_age = std::chrono::seconds(60);
  query.before = 77;
  query.events = 1024;
  query.bytes = 1U << 20;
  return query;
}

std::shared_ptr<rpc::StoredEvent> event(std::string topic, std::uint64_t sequence) {
  auto made = std::make_shared<rpc::StoredEvent>();
  made->topic = std::move(topic);
  made->payload = rpc::Payload::own(core::Buffer::copy(core::as_bytes("hi")), rpc::Encoding::kText);
  made->payload.type = 5;
  made->instance = 0x0000000100000002;
  made->sequence = sequence;
  made->published = core::WallTime(std::chrono::milliseconds(1'700'000'000'123));
  made->publisher = "p";
  made->meta = {{"k", "v"}};
  return made;
}

core::NodeId source() {
  core::NodeId node;
  node.bytes.fill(9);
  return node;
}

core::Result<rpc::PastPage> read(core::ByteView bytes) {
  return wire::decode_past_page(bytes, "main", source());
}

}  // namespace

TEST_CASE("a question for the past has its golden bytes and is read back") {
  const core::Bytes golden = {0xa6, 0x01, 0x66, 'n',  'e',  'w',  's',  '/', '>',  // pattern
                              0x02, 0x61, 'g',                                     // group
                              0x03, 0x1a, 0x03, 0x93, 0x87, 0x00,                  // max age, us
                              0x04, 0x18, 0x4d, 0x05, 0x19, 0x04, 0x00,            // before, events
                              0x06, 0x1a, 0x00, 0x10, 0x00, 0x00};                 // bytes
  CHECK(wire::encode(question()) == golden);
  const auto back = wire::decode_past_query(golden);
  REQUIRE(back);
  CHECK(back->pattern == "news/>");
  CHECK(back->group == "g");
  CHECK(back->max_age == std::chrono::seconds(60));
  CHECK(back->before == 77);
  CHECK(back->events == 1024);
  CHECK(back->bytes == 1U << 20);
}

TEST_CASE("a page of the past has its golden bytes and is read back") {
  const core::Bytes golden = {
      0xa3, 0x01, 0x07, 0x02, 0x01, 0x03, 0x81, 0xa9,              // next, omitted
      0x01, 0x61, 'a',  0x02, 0x03, 0x03, 0x05,                    // topic, encoding, type
      0x04, 0x42, 'h',  'i',                                       // payload
      0x05, 0x1b, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,  // instance
      0x06, 0x03, 0x07, 0x1b, 0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x7b,  // sequence, ms
      0x08, 0x61, 'p',  0x09, 0x82, 0x61, 'k',  0x61, 'v'};  // publisher, metadata
  rpc::PastPage page;
  page.events = {event("a", 3)};
  page.next = 7;
  page.omitted = 1;
  CHECK(wire::encode(page) == golden);
  const auto back = read(golden);
  REQUIRE(back);
  CHECK(back->next == 7);
  CHECK(back->omitted == 1);
  REQUIRE(back->events.size() == 1);
  const rpc::StoredEvent& got = *back->events[0];
  CHECK(got.network == "main");
  CHECK(got.source == source());
  CHECK(got.topic == "a");
  CHECK(core::as_text(got.payload.bytes) == "hi");
  CHECK(got.payload.encoding == rpc::Encoding::kText);
  CHECK(got.payload.type == 5);
  CHECK(got.instance == 0x0000000100000002);
  CHECK(got.sequence == 3);
  CHECK(got.published == event("a", 3)->published);
  CHECK(got.publisher == "p");
  CHECK(got.meta == event("a", 3)->meta);
  CHECK((got.flags & rpc::kRemoteEvent) != 0);
}

TEST_CASE("a sealed event and its owner travel in a page") {
  rpc::PastPage page;
  auto sealed = std::make_shared<rpc::StoredEvent>(*event("a", 3));
  sealed->payload.encoding = rpc::Encoding::kSealed;
  sealed->owner.bytes.fill(0xbb);
  page.events = {sealed};
  const core::Bytes bytes = wire::encode(page);
  const core::Bytes tail(bytes.end() - 18, bytes.end());
  CHECK(tail[0] == 0x0a);
  CHECK(tail[1] == 0x50);
  const auto back = read(bytes);
  REQUIRE(back);
  CHECK(back->events[0]->payload.encoding == rpc::Encoding::kSealed);
  CHECK(back->events[0]->owner == sealed->owner);
}

TEST_CASE("an event takes no more of a page than it is said to") {
  auto large = event(std::string(wire::kMaxTopic, 't'), ~0ULL);
  large->instance = large->payload.type = ~0ULL;
  large->publisher.assign(wire::kMaxName, 'p');
  large->meta.assign(wire::kMaxMeta, {std::string(200, 'k'), std::string(200, 'v')});
  large->payload =
      rpc::Payload::own(core::Buffer::copy(core::Bytes(70'000, 1)), rpc::Encoding::kRaw);
  for (const auto& one : {large, event("a", 1)}) {
    rpc::PastPage page;
    page.events.assign(100, one);
    CHECK(wire::encode(page).size() <= 64 + 100 * rpc::past_size(*one));
    CHECK(read(wire::encode(page)).has_value());
  }
}

TEST_CASE("keys of a newer peer are skipped in questions and pages") {
  CHECK(wire::decode_past_query(core::Bytes{0xa2, 0x01, 0x61, 'a', 0x18, 0x63, 0x81, 0x01}));
  CHECK(read(core::Bytes{0xa2, 0x03, 0x80, 0x18, 0x63, 0x81, 0x01}));
}

TEST_CASE("broken questions and pages are refused") {
  CHECK_FALSE(wire::decode_past_query(core::Bytes{0xa0}));  // no pattern
  CHECK_FALSE(wire::decode_past_query(core::Bytes{}));
  rpc::PastQuery query = question();
  query.pattern.assign(wire::kMaxTopic + 1, 'a');
  CHECK_FALSE(wire::decode_past_query(wire::encode(query)));
  query = question();
  query.group.assign(wire::kMaxName + 1, 'a');
  CHECK_FALSE(wire::decode_past_query(wire::encode(query)));

  const auto refused = [](auto change) {
    auto made = event("a", 1);
    change(*made);
    rpc::PastPage page;
    page.events = {made};
    return read(wire::encode(page)).has_error();
  };
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto& e) { e.topic.clear(); }));
  CHECK(refused([](auto& e) { e.topic.assign(wire::kMaxTopic + 1, 'a'); }));
  CHECK(refused([](auto& e) { e.publisher.assign(wire::kMaxName + 1, 'a'); }));
  CHECK(refused([](auto& e) { e.sequence = 0; }));
  CHECK(refused([](auto& e) { e.meta.assign(wire::kMaxMeta + 1, {"k", "v"}); }));
  CHECK(refused([](auto& e) { e.payload.encoding = static_cast<rpc::Encoding>(4); }));
}

TEST_CASE("cut and mutated pages are refused or read, never worse") {
  core::SeededRandom random(1);
  rpc::PastPage page;
  page.events = {event("a", 1), event("b/c", 2)};
  page.next = 3;
  const core::Bytes good = wire::encode(page);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(read(core::ByteView(good).first(size)));
  }
  for (int i = 0; i < 20'000; ++i) {
    core::Bytes bad = good;
    bad[random.below(bad.size())] = static_cast<std::uint8_t>(random.next());
    const auto got = read(bad);
    CHECK((got.has_error() || got->events.size() <= wire::kMaxPastEvents));
    (void)wire::decode_past_query(bad);
  }
}
