// How long events are kept, and how far subscribers look back.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;

TEST_CASE("what is to be kept for ever is kept for a year, and the past goes back as far") {
  constexpr core::Duration kYear = std::chrono::hours(24 * 365);
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  runar_publish event{};
  event.struct_size = sizeof event;
  event.topic = str("news/a");
  runar_subscription wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.topic = str("news/>");
  wanted.on_event = [](void*, runar_ctx*, const runar_event*) {};
  for (const std::int64_t given : {INT64_MAX, kYear.count() + 1, kYear.count()}) {
    event.retain_ns = wanted.include_past_ns = given;
    CHECK(service.host()->publish(service.ctx(), &event, nullptr, nullptr) == RUNAR_OK);
    CHECK(service.host()->subscribe(service.ctx(), &wanted, nullptr) == RUNAR_OK);
    CHECK(world.broker.retain_for.load() == kYear);
    CHECK(world.broker.include_past.load() == kYear);
  }
  event.retain_ns = wanted.include_past_ns = 1000;
  CHECK(service.host()->publish(service.ctx(), &event, nullptr, nullptr) == RUNAR_OK);
  CHECK(service.host()->subscribe(service.ctx(), &wanted, nullptr) == RUNAR_OK);
  CHECK(world.broker.retain_for.load() == 1us);
  CHECK(world.broker.include_past.load() == 1us);
  event.retain_ns = wanted.include_past_ns = -1;
  CHECK(service.host()->publish(service.ctx(), &event, nullptr, nullptr) == RUNAR_E_INVALID);
  CHECK(service.host()->subscribe(service.ctx(), &wanted, nullptr) == RUNAR_E_INVALID);
}
