// Events whose payload is memory that a plugin lent out and wants back.
#include "past_world.h"

using namespace runard;
using namespace runard::test::past;

namespace {

// Lends bytes out as buf_wrap does.
struct Lender {
  rpc::Payload lend(std::string_view text) {
    return rpc::Payload::own(
        core::Buffer::wrap(
            core::as_bytes(text), [](void* user) { ++static_cast<Lender*>(user)->returned; }, this),
        rpc::Encoding::kText);
  }
  int returned = 0;
};

void publish(World& world, rpc::Payload payload, core::Duration retain_for) {
  rpc::Event event;
  event.network = "main";
  event.topic = "orders/new";
  event.publisher = "orders";
  payload.type = 7;
  event.payload = std::move(payload);
  rpc::PublishOptions options;
  options.retain_for = retain_for;
  CHECK(world.broker.publish(event, options).code == Errc{});
}

std::string next(rpc::EventQueue& queue) {
  rpc::Delivery delivery;
  REQUIRE(queue.pop(delivery));
  CHECK(delivery.event->payload.type == 7);
  const core::ByteView bytes = delivery.event->payload.bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a retained event does not keep its publisher's memory") {
  World world;
  Lender lender;
  publish(world, lender.lend("lent"), 60s);
  CHECK(lender.returned == 1);
  CHECK(next(*world.subscribe("orders/>")) == "lent");
}

TEST_CASE("an event that waits in a queue does not keep its publisher's memory") {
  World world;
  Lender lender;
  const auto queue = world.subscribe("orders/>");
  publish(world, lender.lend("lent"), {});
  CHECK(lender.returned == 1);
  CHECK(next(*queue) == "lent");
}

TEST_CASE("a payload in the daemon's memory is shared, not copied") {
  World world;
  const auto queue = world.subscribe("orders/>");
  const core::Buffer buffer = core::Buffer::copy(core::as_bytes("shared"));
  publish(world, rpc::Payload::own(buffer, rpc::Encoding::kText), {});
  rpc::Delivery delivery;
  REQUIRE(queue->pop(delivery));
  CHECK(delivery.event->payload.bytes.data() == buffer.view().data());
}
