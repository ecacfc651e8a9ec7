// links: pubsub
// Two nodes' ends of the past: the service that tells, and the client that asks.
#include <catch2/catch_test_macros.hpp>

#include "pubsub/broker.h"
#include "support/fakes.h"
#include "support/result_text.h"
#include "system/events_service.h"
#include "system/past_client.h"
#include "wire/past.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;

namespace {

core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes[0] = number;
  return id;
}

struct FakePast final : rpc::Past {
  core::Result<rpc::PastPage> past(const rpc::PastQuery& query,
                                   const core::NodeId& asker) override {
    asked = query;
    by = asker;
    ++times;
    if (times <= unknown) {
      return core::fail(Errc::kNotFound, "not yet", core::Executed::kNo);
    }
    return page;
  }
  rpc::PastQuery asked;
  core::NodeId by;
  rpc::PastPage page;
  int times = 0;
  int unknown = 0;
};

// Carries a request to a service as a link would.
struct Link final : rpc::Handler {
  explicit Link(system::EventsService& service) : service_(service) {}
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    rpc::Request inbound = request;
    inbound.caller.node = node(7);
    inbound.flags |= rpc::kInbound;
    paths.emplace_back(request.path);
    if (refusal != Errc{}) {
      const core::Error error = core::fail(refusal, "", core::Executed::kNo);
      responder(rpc::Reply::failure(error));
      return 0;
    }
    if (garbage) {
      responder(rpc::Reply::success(
          rpc::Payload::borrow(core::as_bytes("no page"), rpc::Encoding::kCbor)));
      return 0;
    }
    return service_.call(inbound, responder);
  }
  void cancel(rpc::Ticket) override {}
  std::vector<std::string> paths;
  Errc refusal{};
  bool garbage = false;

 private:
  system::EventsService& service_;
};

struct World {
  core::Result<rpc::PastPage> ask(core::Duration time = 10s) {
    rpc::PastQuery query;
    query.network = "main";
    query.pattern = "a/*";
    query.events = 10;
    query.bytes = 1U << 30;
    std::optional<core::Result<rpc::PastPage>> got;
    client.ask(link, node(1), query, [&](core::Result<rpc::PastPage> page) { got = page; });
    CHECK_FALSE(got);  // never inside the call
    executor.advance(time);
    REQUIRE(got);
    return *got;
  }
  test::ManualClock clock;
  test::ManualExecutor executor{clock};
  FakePast past;
  system::EventsService service{"hers", past, 1000};  // the network's name at the other node
  Link link{service};
  system::PastClient client{executor, clock, 5000};
};

}  // namespace

TEST_CASE("a page travels, and is of the node and network that it was asked of") {
  World world;
  auto stored = std::make_shared<rpc::StoredEvent>();
  stored->network = "hers";
  stored->topic = "a/b";
  stored->sequence = 5;
  world.past.page.events = {stored};
  world.past.page.next = 4;
  const auto page = world.ask();
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  CHECK(page->events[0]->network == "main");
  CHECK(page->events[0]->source == node(1));
  CHECK(page->next == 4);
  CHECK(world.link.paths == std::vector<std::string>{"$events/past"});
  CHECK(world.past.asked.network == "hers");
  CHECK(world.past.asked.pattern == "a/*");
  CHECK(world.past.asked.bytes == 1000);  // what either end's payload limit allows
  CHECK(world.past.by == node(7));
}

TEST_CASE("a node that does not know the subscription yet is asked again, a while") {
  World world;
  world.past.unknown = 6;
  CHECK(world.ask());
  CHECK(world.past.times == 7);
  world.past.unknown = 1'000'000;
  world.past.times = 0;
  CHECK(world.ask().error().code == Errc::kNotFound);
  CHECK(world.past.times < 40);
}

TEST_CASE("other errors come back at once, and so does an answer that is no page") {
  World world;
  for (const Errc code : {Errc::kNoService, Errc::kLinkLost, Errc::kNoCommonNetwork}) {
    world.link.refusal = code;
    CHECK(world.ask(0s).error().code == code);
  }
  world.link.refusal = {};
  world.link.garbage = true;
  CHECK(world.ask(0s).error().code == Errc::kMalformedFrame);
}

TEST_CASE("the past is told to other nodes only, and for questions that are some") {
  World world;
  struct Caller final : rpc::Completion {
    void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
      code = reply.code;
    }
    Errc code{};
  } caller;
  rpc::PastQuery query;
  query.pattern = "a";
  const core::Bytes body = wire::encode(query);
  rpc::Request request;
  request.payload = rpc::Payload::borrow(body, rpc::Encoding::kCbor);
  world.service.call(request, {&caller, {}});
  CHECK(caller.code == Errc::kDenied);
  request.flags = rpc::kInbound;
  world.service.call(request, {&caller, {}});
  CHECK(caller.code == Errc{});
  request.payload = rpc::Payload::borrow(core::as_bytes("?"), rpc::Encoding::kCbor);
  world.service.call(request, {&caller, {}});
  CHECK(caller.code == Errc::kInvalidParams);
  CHECK(world.past.times == 1);
}
