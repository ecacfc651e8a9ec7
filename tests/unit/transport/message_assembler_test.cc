#include "transport/message_assembler.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using core::Bytes;
using transport::MessageAssembler;
using State = MessageAssembler::State;

namespace {

Bytes frame(std::uint64_t type, std::size_t size) {
  Bytes body(size);
  for (std::size_t i = 0; i < size; ++i) {
    body[i] = static_cast<std::uint8_t>(i);
  }
  Bytes bytes;
  wire::put_frame(type, body, bytes);
  return bytes;
}

MessageAssembler assembler(std::uint64_t largest = 100'000, std::uint64_t window = 100) {
  MessageAssembler made;
  made.start(wire::kReply, largest, window);
  return made;
}

}  // namespace

TEST_CASE("a frame is put together however its bytes are cut") {
  const Bytes bytes = frame(wire::kReply, 1000);
  for (std::size_t step : {1UL, 2UL, 3UL, 7UL, 100UL, 1003UL}) {
    MessageAssembler reply = assembler();
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const auto piece = core::ByteView(bytes).subspan(at, std::min(step, bytes.size() - at));
      const State state = reply.feed(piece);
      CHECK(state == (at + step >= bytes.size() ? State::kComplete : State::kPartial));
    }
    REQUIRE(reply.body().size() == 1000);
    CHECK(reply.body()[999] == static_cast<std::uint8_t>(999));
  }
}

TEST_CASE("how long the stream has to become is known with the frame's head") {
  MessageAssembler reply = assembler();
  const Bytes bytes = frame(wire::kReply, 1000);
  CHECK(reply.needed() == 0);
  reply.feed(core::ByteView(bytes).first(2));
  CHECK(reply.needed() == 0);
  reply.feed(core::ByteView(bytes).subspan(2, 1));
  CHECK(reply.needed() == bytes.size());
}

TEST_CASE("small unknown frames are skipped, critical and large ones are refused") {
  MessageAssembler skips = assembler();
  Bytes bytes = frame(0x10, 50);
  const Bytes wanted = frame(wire::kReply, 10);
  bytes.insert(bytes.end(), wanted.begin(), wanted.end());
  CHECK(skips.feed(bytes) == State::kComplete);
  CHECK(skips.needed() == bytes.size());

  MessageAssembler critical = assembler();
  CHECK(critical.feed(frame(0x11, 1)) == State::kMalformed);
  MessageAssembler large = assembler();
  CHECK(large.feed(frame(0x10, 101)) == State::kMalformed);
}

TEST_CASE("a frame beyond the limit is too large as soon as its head is there") {
  MessageAssembler reply = assembler(1000);
  Bytes head;
  wire::put_frame_head(wire::kReply, 1001, head);
  CHECK(reply.feed(head) == State::kTooLarge);
}

TEST_CASE("an empty frame is complete, and what follows a complete frame is ignored") {
  MessageAssembler reply = assembler();
  Bytes bytes = frame(wire::kReply, 0);
  bytes.push_back(0xff);
  CHECK(reply.feed(bytes) == State::kComplete);
  CHECK(reply.feed(frame(0x11, 1)) == State::kComplete);
  CHECK(reply.body().empty());
}

TEST_CASE("the memory of a small message is used for the next, unless somebody holds it") {
  MessageAssembler reply = assembler();
  const auto take = [&reply](std::size_t size) {
    reply.start(wire::kReply, 10'000, 100);
    REQUIRE(reply.feed(frame(wire::kReply, size)) == State::kComplete);
    REQUIRE(reply.body().size() == size);
    return reply.body().data();
  };
  const std::uint8_t* first = take(300);
  CHECK(take(20) == first);
  const core::Buffer held = reply.owner();
  CHECK(take(30) != first);
  CHECK(held.view()[19] == 19);

  take(5000);
  CHECK(reply.owner().size() == 5000);
  reply.clear();
  CHECK(reply.owner().size() == 0);
}
