// Posted tasks and timers.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;

namespace {

// Timers of 30, 10 and 20 ms by the order in which they ran; nothing if posting them took so long
// that they were due in another order.
std::optional<std::string> order_of_timers(PluginWorld& world, Service& service) {
  std::mutex mutex;
  std::string order;
  const auto begun = world.clock.now();
  for (const auto& [name, delay] :
       {std::pair("c", 30ms), std::pair("a", 10ms), std::pair("b", 20ms)}) {
    CHECK(post(service, delay, [&, name, delay](runar_ctx*, runar_status) {
            const std::lock_guard lock(mutex);
            order += name;
            EXPECT(world.clock.now() - begun >= delay);
          }) == RUNAR_OK);
  }
  const bool in_time = world.clock.now() - begun < 10ms;
  REQUIRE(eventually([&] {
    const std::lock_guard lock(mutex);
    return order.size() == 3;
  }));
  return in_time ? std::optional(order) : std::nullopt;
}

std::set<std::string> threads_of_this_process() {
  std::set<std::string> threads;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.insert(thread.path().filename().string());
  }
  return threads;
}

}  // namespace

TEST_CASE("a posted task runs on the strand, not inside post") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::atomic<int> on_strand{-1};
  std::thread::id ran_on;
  CHECK(service.host()->on_strand(service.ctx()) == 0);
  CHECK(post(service, 0ns, [&](runar_ctx* ctx, runar_status why) {
          EXPECT(why == RUNAR_OK);
          ran_on = std::this_thread::get_id();
          on_strand = service.host()->on_strand(ctx);
        }) == RUNAR_OK);
  REQUIRE(eventually([&] { return on_strand != -1; }));
  CHECK(on_strand == 1);
  CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("timers run when due, in order of time, never early") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::optional<std::string> order;
  REQUIRE(eventually([&] {
    order = order_of_timers(world, service);
    return order.has_value();
  }));
  CHECK(order == "abc");
}

TEST_CASE("a timer needs no new thread: where there is none to be had, it runs once all the same") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  const auto before = threads_of_this_process();
  CHECK(post(service, 1h, [](runar_ctx*, runar_status) {}) == RUNAR_OK);
  const auto after = threads_of_this_process();
  CHECK(std::ranges::includes(before, after));
}

TEST_CASE("a timer that is cancelled still runs once, with CANCELLED, at once") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::atomic<int> runs{0};
  std::atomic<runar_status> status{RUNAR_OK};
  runar_id id = 0;
  CHECK(post(
            service, 1h,
            [&](runar_ctx*, runar_status why) {
              status = why;
              ++runs;
            },
            &id) == RUNAR_OK);
  CHECK(service.host()->cancel(service.ctx(), id) == RUNAR_OK);
  CHECK(service.host()->cancel(service.ctx(), id) == RUNAR_E_STALE);
  REQUIRE(eventually([&] { return runs == 1; }));
  CHECK(status == RUNAR_E_CANCELLED);
  CHECK(eventually([&] { return world.status("s").tasks == 0; }));
}

TEST_CASE("cancel races with a timer that is due: exactly one run") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::atomic<int> runs{0};
  int cancelled = 0;
  for (int round = 0; round < 500; ++round) {
    runar_id id = 0;
    REQUIRE(post(service, 50us, [&](runar_ctx*, runar_status) { ++runs; }, &id) == RUNAR_OK);
    if (round % 2 == 0) {
      std::this_thread::yield();
    }
    cancelled += service.host()->cancel(service.ctx(), id) == RUNAR_OK ? 1 : 0;
    REQUIRE(eventually([&] { return runs == round + 1; }));
  }
  CHECK(cancelled > 0);
}

TEST_CASE("no timer fires after stop: each runs once with CANCELLED, before destroy") {
  Service service("s");
  std::atomic<int> fired{0}, cancelled{0};
  std::atomic<bool> stopped{false}, late{false};
  int at_destroy = 0;
  service.puppet.on_stop = [&](runar_ctx*, std::int64_t, runar_err*) {
    stopped = true;
    return RUNAR_OK;
  };
  service.puppet.on_destroy = [&] { at_destroy = fired + cancelled; };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  for (int i = 0; i < 200; ++i) {
    CHECK(post(service, i < 100 ? core::Duration(i * 50us) : core::Duration(1h),
               [&](runar_ctx*, runar_status why) {
                 ++(why == RUNAR_OK ? fired : cancelled);
                 late = late || (why == RUNAR_OK && stopped);
               }) == RUNAR_OK);
  }
  world.stop();
  CHECK(at_destroy == 200);
  CHECK(cancelled >= 100);
  CHECK_FALSE(late);
}

TEST_CASE("tasks beyond the limit are refused, and callbacks of refused ones never run") {
  Service service("s");
  PluginWorld world([](plugin_host::Options& options) { options.limits.instance_tasks = 5; });
  REQUIRE(world.add({service.spec()}));
  std::atomic<int> runs{0};
  const OnTask count = [&](runar_ctx*, runar_status) { ++runs; };
  for (int i = 0; i < 5; ++i) {
    CHECK(post(service, 1h, count) == RUNAR_OK);
  }
  CHECK(post(service, 1h, count) == RUNAR_E_BUSY);
  CHECK(post(service, 0ns, count) == RUNAR_E_BUSY);
  world.stop();
  CHECK(runs == 5);
}

TEST_CASE("impossible delays are refused or cut") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::atomic<int> runs{0};
  const OnTask count = [&](runar_ctx*, runar_status) { ++runs; };
  CHECK(post(service, -1ns, count) == RUNAR_E_INVALID);
  CHECK(service.host()->post(service.ctx(), 0, nullptr, nullptr, nullptr) == RUNAR_E_INVALID);
  CHECK(post(service, core::Duration::max(), count) == RUNAR_OK);
  world.stop();
  CHECK(runs == 1);
}
