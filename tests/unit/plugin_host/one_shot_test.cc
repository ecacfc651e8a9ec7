// Services that have done their work as soon as they have started.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using registry::ServiceState;

namespace {

// Ends by itself after its start has returned, but before the control strand has heard of that.
struct OneShot {
  explicit OneShot(runar_status status) {
    service.puppet.on_start = [this, status](runar_ctx*, runar_err*) {
      world.control.post([this] { ended.wait(); });
      return post(service, {}, [this, status](runar_ctx* ctx, runar_status) {
        first = service.host()->phase_done(ctx, RUNAR_PHASE_STOP, status, str("done"));
        second = service.host()->phase_done(ctx, RUNAR_PHASE_STOP, status, str("done"));
        ended.open();
      });
    };
    REQUIRE(world.add({service.spec()}));
  }
  Door ended;
  std::atomic<runar_status> first{RUNAR_E_INTERNAL}, second{RUNAR_E_INTERNAL};
  Service service{"s"};
  PluginWorld world;
};

}  // namespace

TEST_CASE("an end that is told right after start is kept until the service runs") {
  OneShot good(RUNAR_OK);
  CHECK(good.first == RUNAR_OK);
  CHECK(good.second == RUNAR_E_STALE);
  CHECK(eventually([&] { return good.world.state("s") == ServiceState::kStopped; }));
  CHECK(good.service.puppet.stopped == 1);
  CHECK(good.world.directory.history("s") ==
        "created initialized starting running stopping stopped");
}

TEST_CASE("an error that is told right after start fails the service") {
  OneShot bad(RUNAR_E_UNAVAILABLE);
  CHECK(bad.first == RUNAR_OK);
  CHECK(eventually([&] { return bad.world.state("s") == ServiceState::kFailed; }));
  CHECK(bad.world.status("s").last_error.about.find("done") != std::string::npos);
}
