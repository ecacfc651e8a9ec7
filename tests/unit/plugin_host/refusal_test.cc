// Failures after which another provider may be asked, and those that only look like it.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using core::Executed;

namespace {

constexpr runar_status kTryElsewhere[] = {RUNAR_E_BUSY, RUNAR_E_UNAVAILABLE, RUNAR_E_STOPPING};

// "shop/buy" calls "billing/charge", and passes on `failure`.
struct Shop {
  explicit Shop(bool names_parent) {
    billing.echo("charge");
    shop.action("buy", [this, names_parent](runar_ctx* ctx, const runar_request* r) {
      const auto on_reply = [this, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply* got) {
        EXPECT(got->status == RUNAR_OK);
        shop.host()->fail(ctx, id, failure, str("no mail"), nullptr);
      };
      EXPECT(call(shop, "billing/charge", "9.99", on_reply, 0, names_parent ? r->id : 0) ==
             RUNAR_OK);
    });
  }
  Service shop{"shop"};
  Service billing{"billing"};
  std::atomic<runar_status> failure{RUNAR_E_UNAVAILABLE};
};

}  // namespace

TEST_CASE("a handler that only refused has done nothing") {
  Service service("s");
  std::atomic<runar_status> code{RUNAR_OK};
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    service.host()->fail(ctx, r->id, code, str("not now"), nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  for (const runar_status refusal : kTryElsewhere) {
    code = refusal;
    CHECK(world.ask("s/get").executed == Executed::kNo);
  }
}

TEST_CASE("a handler that has called others can't say that nothing was done") {
  for (const bool names_parent : {true, false}) {
    Shop shop(names_parent);
    PluginWorld world;
    REQUIRE(world.add({shop.shop.spec(), shop.billing.spec()}));
    for (const runar_status refusal : kTryElsewhere) {
      shop.failure = refusal;
      const Answer answer = world.ask("shop/buy");
      CHECK(answer.code != Errc{});
      CHECK(answer.message == "no mail");
      CHECK(answer.executed == Executed::kUnknown);
    }
    shop.failure = RUNAR_E_DENIED;
    CHECK(world.ask("shop/buy").executed == Executed::kYes);
  }
}

TEST_CASE("a handler that has published can't say that nothing was done") {
  Service service("s");
  std::atomic<bool> publishes{true};
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    if (publishes) {
      runar_publish event{};
      event.struct_size = sizeof event;
      event.topic = str("s/got");
      EXPECT(service.host()->publish(ctx, &event, nullptr, nullptr) == RUNAR_OK);
    }
    service.host()->fail(ctx, r->id, RUNAR_E_BUSY, str("full"), nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("s/get").executed == Executed::kUnknown);
  publishes = false;  // the same slot tells of the next request only what is its own
  CHECK(world.ask("s/get").executed == Executed::kNo);
}
