// Events while a service starts.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;

namespace {

runar_status publish(const Service& service, const char* topic) {
  runar_publish given{};
  given.struct_size = sizeof given;
  given.topic = str(topic);
  return service.host()->publish(service.ctx(), &given, nullptr, nullptr);
}

runar_status subscribe(const Service& service, const char* topic, runar_event_fn on_event,
                       void* user) {
  runar_subscription wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.topic = str(topic);
  wanted.user = user;
  wanted.on_event = on_event;
  return service.host()->subscribe(service.ctx(), &wanted, nullptr);
}

}  // namespace

// As `co_await lc.on<T>()` does: start ends with the event that it waits for.
TEST_CASE("start may wait for an event; what init subscribed to still waits for the service") {
  Service service("s");
  struct Seen {
    Service& service;
    std::atomic<int> of_init{0};
    std::atomic<int> of_init_in_start{-1};
  } seen{service};
  service.puppet.on_init = [&](runar_ctx*, runar_err*) {
    return subscribe(
        service, "news/>",
        [](void* user, runar_ctx*, const runar_event*) { ++static_cast<Seen*>(user)->of_init; },
        &seen);
  };
  service.puppet.on_start = [&](runar_ctx*, runar_err*) {
    const auto arrived = [](void* user, runar_ctx* ctx, const runar_event*) {
      Seen& s = *static_cast<Seen*>(user);
      s.of_init_in_start = s.of_init.load();
      EXPECT(s.service.host()->phase_done(ctx, RUNAR_PHASE_START, RUNAR_OK, str("")) == RUNAR_OK);
    };
    EXPECT(subscribe(service, "news/ready", arrived, &seen) == RUNAR_OK);
    EXPECT(publish(service, "news/ready") == RUNAR_OK);
    return runar_status{RUNAR_PENDING};
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.state("s") == registry::ServiceState::kRunning);
  CHECK(seen.of_init_in_start == 0);
  CHECK(eventually([&] { return seen.of_init == 1; }));
}
