#include "transport/send_scheduler.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace runard;
using transport::SendClass;
using transport::SendParts;
using transport::SendScheduler;

namespace {

class FakeStream final : public transport::Stream {
 public:
  FakeStream(SendClass send_class, std::size_t bytes)
      : Stream(send_class), memory(bytes), left(bytes) {}
  bool received(core::ByteView, bool) override { return true; }
  void peer_reset(std::uint64_t) override {}
  void peer_stopped(std::uint64_t) override {}
  void closed() override {}
  SendParts pending() const override {
    SendParts parts;
    parts.add(core::ByteView(memory).first(left));
    return parts;
  }
  void sent(std::size_t bytes, bool) override { left -= bytes; }

  core::Bytes memory;
  std::size_t left;
};

// Sends packets of `size` bytes until nothing is left; how many each stream sent before the end.
std::vector<FakeStream*> order(SendScheduler& scheduler, std::size_t size) {
  std::vector<FakeStream*> sent;
  while (auto* stream = static_cast<FakeStream*>(scheduler.next())) {
    const std::size_t bytes = std::min(size, stream->left);
    stream->sent(bytes, false);
    scheduler.sent(*stream, bytes);
    scheduler.packet_done();
    sent.push_back(stream);
  }
  return sent;
}

}  // namespace

TEST_CASE("control goes before messages, and messages before lanes") {
  SendScheduler scheduler;
  FakeStream lane(SendClass::kLane, 10);
  FakeStream message(SendClass::kMessage, 10);
  FakeStream control(SendClass::kControl, 10);
  scheduler.ready(lane);
  scheduler.ready(message);
  scheduler.ready(control);
  scheduler.ready(control);
  CHECK(order(scheduler, 10) == std::vector<FakeStream*>{&control, &message, &lane});
  CHECK(scheduler.idle());
}

TEST_CASE("lanes get their share while messages have more to send") {
  SendScheduler scheduler;
  FakeStream lane(SendClass::kLane, 1000);
  FakeStream message(SendClass::kMessage, 100'000);
  scheduler.ready(lane);
  scheduler.ready(message);
  const auto sent = order(scheduler, 1000);
  const auto at = std::find(sent.begin(), sent.end(), &lane) - sent.begin();
  CHECK(at <= SendScheduler::kLaneShare);
}

TEST_CASE("large messages share, a turn each") {
  SendScheduler scheduler;
  FakeStream first(SendClass::kMessage, 4 * SendScheduler::kTurn);
  FakeStream second(SendClass::kMessage, 10);
  scheduler.ready(first);
  scheduler.ready(second);
  const auto sent = order(scheduler, 1024);
  const auto at = std::find(sent.begin(), sent.end(), &second) - sent.begin();
  CHECK(at == SendScheduler::kTurn / 1024);
}

TEST_CASE("a blocked stream is out until it is unblocked, however often it is ready") {
  SendScheduler scheduler;
  FakeStream stream(SendClass::kMessage, 10);
  scheduler.ready(stream);
  REQUIRE(scheduler.next() == &stream);
  scheduler.blocked(stream);
  scheduler.ready(stream);
  CHECK(scheduler.next() == nullptr);
  scheduler.unblocked(stream);
  CHECK(scheduler.next() == &stream);
}

TEST_CASE("a window that stopped nobody puts no stream in a queue") {
  SendScheduler scheduler;
  FakeStream stream(SendClass::kMessage, 0);
  scheduler.unblocked(stream);
  CHECK(scheduler.next() == nullptr);
}

TEST_CASE("streams are removed from anywhere in their queue") {
  FakeStream streams[3] = {
      {SendClass::kMessage, 10}, {SendClass::kMessage, 10}, {SendClass::kMessage, 10}};
  for (std::size_t removed = 0; removed < 3; ++removed) {
    SendScheduler scheduler;
    for (FakeStream& stream : streams) {
      stream.left = 10;
      scheduler.ready(stream);
    }
    scheduler.remove(streams[removed]);
    scheduler.remove(streams[removed]);
    CHECK(order(scheduler, 10).size() == 2);
    scheduler.ready(streams[removed]);
    CHECK(scheduler.next() == &streams[removed]);
    scheduler.remove(streams[removed]);
  }
}
