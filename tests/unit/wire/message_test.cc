// REQUEST, REPLY and EVENT frames. The golden bytes are the wire format: a change of them is a
// change of the protocol.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/hex.h"
#include "wire/event.h"
#include "wire/frame.h"
#include "wire/reply.h"
#include "wire/request.h"

using namespace runard;
using core::Bytes;
using core::ByteView;
using core::Errc;
using test::from_hex;
using test::to_hex;

namespace {

core::NetworkId network() {
  core::NetworkId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  }
  return id;
}

wire::RequestHeader sample_request() {
  wire::RequestHeader header;
  header.bits = wire::kIdempotentBit;
  header.encoding = rpc::Encoding::kCbor;
  header.depth = 2;
  header.network = network();
  header.trace = 0x0102030405060708;
  header.type = 0x1112131415161718;
  header.remaining_us = 5'000'000;
  header.path = "math/add";
  header.service = "gateway";
  return header;
}

constexpr const char* kRequestFrame =
    "05 40 4b"
    "0044"
    "01 01 02 00"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "0102030405060708"
    "1112131415161718"
    "00000000004c4b40"
    "08 6d6174682f616464"
    "07 67617465776179"
    "01 02 6b31 02 7631"
    "8201 02 f6 f6";

// The body of the one frame in `bytes`.
ByteView body(ByteView bytes) {
  const wire::FrameHead head = wire::get_frame_head(bytes);
  CHECK(head.size + head.length == bytes.size());
  return bytes.subspan(head.size);
}

ByteView header_of(ByteView bytes) {
  const auto parts = wire::split_message(body(bytes));
  REQUIRE(parts.has_value());
  return parts->header;
}

}  // namespace

TEST_CASE("a request frame has its golden bytes") {
  const rpc::Pair meta[] = {{"k1", "v1"}};
  const Bytes payload = from_hex("8201 02f6f6");
  Bytes out;
  REQUIRE(wire::put_request(sample_request(), meta, payload.size(), out).has_value());
  out.insert(out.end(), payload.begin(), payload.end());

  CHECK(to_hex(out) == to_hex(from_hex(kRequestFrame)));
}

TEST_CASE("a request frame is read back as it was sent") {
  const Bytes frame = from_hex(kRequestFrame);
  const auto parts = wire::split_message(body(frame));
  REQUIRE(parts.has_value());
  wire::MetaList meta;
  const auto header = wire::get_request(parts->header, meta);
  REQUIRE(header.has_value());

  CHECK(to_hex(parts->payload) == "820102f6f6");
  CHECK(header->bits == wire::kIdempotentBit);
  CHECK(header->encoding == rpc::Encoding::kCbor);
  CHECK(header->depth == 2);
  CHECK(header->network == network());
  CHECK(header->trace == 0x0102030405060708);
  CHECK(header->type == 0x1112131415161718);
  CHECK(header->remaining_us == 5'000'000);
  CHECK(header->path == "math/add");
  CHECK(header->service == "gateway");
  REQUIRE(meta.size() == 1);
  CHECK(meta[0].key == "k1");
  CHECK(meta[0].value == "v1");
}

TEST_CASE("a header longer than known is read, as a newer version may send it") {
  const Bytes frame = from_hex(kRequestFrame);
  const ByteView known = header_of(frame);
  Bytes header(known.begin(), known.end());
  header.push_back(0x77);
  wire::MetaList meta;
  CHECK(wire::get_request(header, meta).has_value());
}

TEST_CASE("a request header cut anywhere is refused") {
  const Bytes frame = from_hex(kRequestFrame);
  const ByteView header = header_of(frame);
  for (std::size_t size = 0; size < header.size(); ++size) {
    wire::MetaList meta;
    CHECK_FALSE(wire::get_request(header.first(size), meta).has_value());
  }
}

TEST_CASE("an unknown encoding is refused") {
  Bytes frame = from_hex(kRequestFrame);
  frame[6] = 9;
  wire::MetaList meta;
  const auto header = wire::get_request(header_of(frame), meta);
  REQUIRE_FALSE(header.has_value());
  CHECK(header.error().code == Errc::kMalformedFrame);
}

TEST_CASE("what a request may not hold is refused before it is sent") {
  Bytes out;
  wire::RequestHeader header = sample_request();
  const std::string long_path(wire::kMaxTopic + 1, 'x');
  header.path = long_path;
  CHECK(wire::put_request(header, {}, 0, out).error().code == Errc::kInvalidArgument);

  header = sample_request();
  const std::vector<rpc::Pair> many(wire::kMaxMeta + 1, {"k", "v"});
  CHECK(wire::put_request(header, many, 0, out).error().code == Errc::kInvalidArgument);

  const std::string big(wire::kMaxHeader, 'x');
  const rpc::Pair fat[] = {{"k", big}};
  CHECK(wire::put_request(header, fat, 0, out).error().code == Errc::kTooLarge);
  const std::string name(wire::kMaxName + 1, 'k');
  const rpc::Pair named[] = {{name, "v"}};
  CHECK(wire::put_request(header, named, 0, out).error().code == Errc::kInvalidArgument);
  CHECK(out.empty());
}

TEST_CASE("what an event may not hold is refused before it is sent") {
  Bytes out;
  wire::EventHeader header;
  header.network = network();
  header.topic = "t";
  const std::string name(wire::kMaxName + 1, 'k');
  const rpc::Pair named[] = {{name, "v"}};
  const std::string_view groups[] = {"g", name};
  CHECK(wire::put_event(header, named, {}, 0, out).error().code == Errc::kInvalidArgument);
  CHECK(wire::put_event(header, {}, groups, 0, out).error().code == Errc::kInvalidArgument);
  CHECK(out.empty());
}

TEST_CASE("a deadline travels as the time that is left") {
  const core::TimePoint now{std::chrono::seconds(100)};
  using namespace std::chrono_literals;
  CHECK(wire::remaining_us(now + 5s, now) == 5'000'000);
  CHECK(wire::remaining_us(now - 5s, now) == 1);
  CHECK(wire::remaining_us(core::kNever, now) == 0);
  CHECK(wire::deadline_after(5'000'000, now) == now + 5s);
  CHECK(wire::deadline_after(0, now) == core::kNever);
  CHECK(wire::deadline_after(UINT64_MAX, now) < now + 24h * 366);
}

TEST_CASE("a reply frame has its golden bytes and is read back") {
  wire::ReplyHeader header;
  header.code = Errc::kApplication;
  header.app_code = -7;
  header.executed = core::Executed::kYes;
  header.encoding = rpc::Encoding::kJson;
  header.type = 3;
  header.message = "no such user";
  Bytes out;
  wire::put_reply(header, 2, out);
  out.insert(out.end(), {'{', '}'});
  CHECK(to_hex(out) == to_hex(from_hex("07 21"
                                       "001d"
                                       "02 02 0517 fffffff9 0000000000000003"
                                       "0c 6e6f20737563682075736572"
                                       "7b7d")));

  const auto parts = wire::split_message(body(out));
  REQUIRE(parts.has_value());
  CHECK(core::as_text(parts->payload) == "{}");
  const auto back = wire::get_reply(parts->header);
  REQUIRE(back.has_value());
  CHECK(back->code == Errc::kApplication);
  CHECK(back->app_code == -7);
  CHECK(back->executed == core::Executed::kYes);
  CHECK(back->encoding == rpc::Encoding::kJson);
  CHECK(back->type == 3);
  CHECK(back->message == "no such user");
  for (std::size_t size = 0; size < parts->header.size(); ++size) {
    CHECK_FALSE(wire::get_reply(parts->header.first(size)).has_value());
  }
}

TEST_CASE("the text of an error is cut between characters, and left out when it is no text") {
  const auto sent = [](std::string_view message) {
    wire::ReplyHeader header;
    header.message = message;
    Bytes out;
    wire::put_reply(header, 0, out);
    return std::string(wire::get_reply(header_of(out))->message);
  };
  std::string text(wire::kMaxMessage - 1, 'x');
  CHECK(sent(text + "é") == text);
  CHECK(sent(text + "e") == text + "e");
  CHECK(sent("\xff\xfe").empty());
}

TEST_CASE("an event frame has its golden bytes and is read back") {
  wire::EventHeader header;
  header.bits = wire::kForAllBit | wire::kRetainedBit;
  header.encoding = rpc::Encoding::kText;
  header.network = network();
  header.instance = 5;
  header.sequence = 6;
  header.published_ms = 1'700'000'000'000;
  header.type = 9;
  header.topic = "math/added";
  header.publisher = "math";
  const std::string_view groups[] = {"g1", "audit"};
  const rpc::Pair meta[] = {{"k", "v"}};
  Bytes out;
  REQUIRE(wire::put_event(header, meta, groups, 1, out).has_value());
  out.push_back('!');
  CHECK(to_hex(out) == to_hex(from_hex("09 4054"
                                       "0051"
                                       "09 03"
                                       "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                                       "0000000000000005 0000000000000006"
                                       "0000018bcfe56800 0000000000000009"
                                       "0a 6d6174682f6164646564"
                                       "04 6d617468"
                                       "02 02 6731 05 6175646974"
                                       "01 01 6b 01 76"
                                       "21")));

  wire::EventLists lists;
  const auto back = wire::get_event(header_of(out), lists);
  REQUIRE(back.has_value());
  CHECK(back->bits == header.bits);
  CHECK(back->instance == 5);
  CHECK(back->sequence == 6);
  CHECK(back->published_ms == 1'700'000'000'000);
  CHECK(back->topic == "math/added");
  CHECK(back->publisher == "math");
  REQUIRE(lists.groups.size() == 2);
  CHECK(lists.groups[1] == "audit");
  REQUIRE(lists.meta.size() == 1);
  const ByteView whole = header_of(out);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(wire::get_event(whole.first(size), lists).has_value());
  }
}

TEST_CASE("a message whose header is longer than its body is refused") {
  CHECK_FALSE(wire::split_message(from_hex("0005 01020304")).has_value());
  CHECK_FALSE(wire::split_message(from_hex("00")).has_value());
  CHECK_FALSE(wire::split_message(Bytes(0xffff + 2, 0xff)).has_value());
  CHECK(wire::split_message(from_hex("0000")).has_value());
}

TEST_CASE("lists beyond their bound are refused") {
  Bytes out;
  REQUIRE(wire::put_request(sample_request(), {}, 0, out).has_value());
  const ByteView whole = header_of(out);
  Bytes header(whole.begin(), whole.end());
  header.pop_back();
  header.push_back(static_cast<std::uint8_t>(wire::kMaxMeta + 1));
  header.insert(header.end(), 2 * (wire::kMaxMeta + 1), 0);
  wire::MetaList meta;
  CHECK_FALSE(wire::get_request(header, meta).has_value());
}

TEST_CASE("a profile stands at the end of a request's header, where there is one") {
  wire::RequestHeader header = sample_request();
  header.profile.bytes.fill(0xbb);
  Bytes out;
  REQUIRE(wire::put_request(header, {}, 0, out).has_value());
  const std::string hex = to_hex(out);
  CHECK(hex.substr(hex.size() - 34) == "00" + to_hex(header.profile.bytes));
  wire::MetaList meta;
  CHECK(wire::get_request(header_of(out), meta)->profile == header.profile);

  // What is shorter than a profile is of a newer version, or nothing.
  const ByteView cut = header_of(out).first(header_of(out).size() - 1);
  CHECK(wire::get_request(cut, meta)->profile.is_zero());
}

TEST_CASE("an owner stands at the end of an event's header, where there is one") {
  wire::EventHeader header;
  header.encoding = rpc::Encoding::kSealed;
  header.network = network();
  header.topic = "t";
  Bytes without;
  REQUIRE(wire::put_event(header, {}, {}, 0, without).has_value());
  header.owner.bytes.fill(0xbb);
  Bytes out;
  REQUIRE(wire::put_event(header, {}, {}, 0, out).has_value());
  CHECK(header_of(out).size() == header_of(without).size() + 16);
  wire::EventLists lists;
  const auto back = wire::get_event(header_of(out), lists);
  REQUIRE(back.has_value());
  CHECK(back->owner == header.owner);
  CHECK(back->encoding == rpc::Encoding::kSealed);
  CHECK(wire::get_event(header_of(without), lists)->owner.is_zero());
}
