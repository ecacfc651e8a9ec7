// Services that run: their health, an end of their own, and files that come later.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

#include "puppets.h"
#include "support/real_calls.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using plugin_host::Health;
using registry::ServiceState;

namespace {

plugin_host::InstanceSpec caring(const Service& service) {
  auto spec = service.spec("caring");
  spec.health_interval = 5ms;
  return spec;
}

bool becomes(PluginWorld& world, const std::string& path, Health health) {
  return eventually([&] { return world.status(path).health == health; });
}

}  // namespace

TEST_CASE("a service is asked for its health again and again, on its strand") {
  Service service("s");
  std::atomic<int> asked{0};
  std::atomic<bool> elsewhere{false};
  service.puppet.on_health = [&](runar_ctx* ctx, runar_err*) {
    elsewhere = elsewhere || service.host()->on_strand(ctx) != 1;
    ++asked;
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({caring(service)}));
  CHECK(eventually([&] { return asked > 5; }));
  CHECK_FALSE(elsewhere);
  CHECK(becomes(world, "s", Health::kOk));
  CHECK(world.status("s").health_reason.empty());
  world.stop();
  const int last = asked;
  CHECK(world.status("s").health == Health::kUnknown);
  CHECK(asked == last);
}

TEST_CASE("a type without health is never said to have any") {
  Service service("s");
  auto spec = service.spec();
  spec.health_interval = 1ms;
  PluginWorld world;
  REQUIRE(world.add({spec}));
  CHECK(world.status("s").health == Health::kUnknown);
  CHECK(world.status("s").health_reason.empty());
}

TEST_CASE("a degraded service says why, goes on, and is well again when it says so") {
  Service service("s");
  service.echo();
  std::atomic<bool> ill{true};
  service.puppet.on_health = [&](runar_ctx*, runar_err* err) {
    if (!ill) {
      return RUNAR_OK;
    }
    service.host()->set_error(err, RUNAR_E_UNAVAILABLE, str("the disk is full"));
    return RUNAR_E_UNAVAILABLE;
  };
  PluginWorld world;
  REQUIRE(world.add({caring(service)}));
  REQUIRE(becomes(world, "s", Health::kDegraded));
  CHECK(world.status("s").health_reason.find("the disk is full") != std::string::npos);
  CHECK(world.state("s") == ServiceState::kRunning);
  CHECK(world.ask("s/echo", "x").payload == "x");
  CHECK(world.logged("service is degraded"));
  ill = false;
  REQUIRE(becomes(world, "s", Health::kOk));
  CHECK(world.logged("service is healthy again"));
  const std::string log = world.log_text();
  CHECK(log.find("service is degraded") == log.rfind("service is degraded"));
}

TEST_CASE("health that throws, or answers what it may not, is degraded") {
  Service throwing("t"), pending("p"), silent("e");
  throwing.puppet.on_health = [](runar_ctx*, runar_err*) -> runar_status {
    throw std::runtime_error("oops");
  };
  pending.puppet.on_health = [](runar_ctx*, runar_err*) { return RUNAR_PENDING; };
  silent.puppet.on_health = [](runar_ctx*, runar_err*) { return RUNAR_E_APP - 5; };
  PluginWorld world;
  REQUIRE(world.add({caring(throwing), caring(pending), caring(silent)}));
  REQUIRE(becomes(world, "t", Health::kDegraded));
  CHECK(world.status("t").health_reason.find("let an exception out") != std::string::npos);
  REQUIRE(becomes(world, "p", Health::kDegraded));
  CHECK(world.status("p").health_reason.find("may not be pending") != std::string::npos);
  REQUIRE(becomes(world, "e", Health::kDegraded));
  CHECK(world.status("e").health_reason.find("-1005") != std::string::npos);
}

TEST_CASE("words of a plugin that are no UTF-8 don't reach those who read them") {
  Service service("s");
  service.puppet.on_health = [&](runar_ctx*, runar_err* err) {
    service.host()->set_error(err, RUNAR_E_INTERNAL, str("a\xff\xfe\x01z"));
    return RUNAR_E_INTERNAL;
  };
  PluginWorld world;
  REQUIRE(world.add({caring(service)}));
  REQUIRE(becomes(world, "s", Health::kDegraded));
  CHECK(world.status("s").health_reason.find("a???z") != std::string::npos);
}

TEST_CASE("an unknown status above zero is no complaint") {
  Service service("s");
  service.puppet.on_health = [](runar_ctx*, runar_err*) { return runar_status{7777}; };
  PluginWorld world;
  REQUIRE(world.add({caring(service)}));
  CHECK(becomes(world, "s", Health::kOk));
}

TEST_CASE("health that hangs is degraded until it returns; others go on") {
  Service service("s"), other("o");
  other.echo();
  Door leave;
  std::atomic<int> asked{0};
  service.puppet.on_health = [&](runar_ctx*, runar_err*) {
    if (++asked == 1) {
      leave.wait();
    }
    return RUNAR_OK;
  };
  auto spec = caring(service);
  spec.timeouts.health = 20ms;
  PluginWorld world;
  REQUIRE(world.add({spec, other.spec()}));
  REQUIRE(becomes(world, "s", Health::kDegraded));
  CHECK(world.status("s").health_reason.find("health") != std::string::npos);
  CHECK(world.ask("o/echo", "x").payload == "x");
  CHECK(asked == 1);
  leave.open();
  CHECK(becomes(world, "s", Health::kOk));
}

TEST_CASE("a service that says it is well while a handler of it hangs does not seem well") {
  Service service("s");
  Door leave;
  service.action("hang", [&](runar_ctx* ctx, const runar_request* r) {
    leave.wait();
    service.host()->respond(ctx, r->id, nullptr);
  });
  auto spec = caring(service);
  spec.timeouts.health = 20ms;
  PluginWorld world(
      [](plugin_host::Options& options) { options.watchdog = {20ms, 60ms, 5ms, 5ms}; });
  REQUIRE(world.add({spec}));
  REQUIRE(becomes(world, "s", Health::kOk));
  Asker asker;
  world.ask_async(asker, "s/hang");
  CHECK(becomes(world, "s", Health::kDegraded));
  CHECK(eventually([&] { return world.status("s").stuck; }));
  leave.open();
  CHECK(asker.wait().code == Errc{});
  CHECK(becomes(world, "s", Health::kOk));
}

TEST_CASE("a service whose health hangs can be stopped, and is given up when it must be") {
  Service service("s");
  const auto leave = std::make_shared<Door>();
  service.puppet.on_health = [leave](runar_ctx*, runar_err*) {
    const auto kept = leave;  // this test ends before the worker that is given up
    kept->wait();
    return RUNAR_OK;
  };
  auto spec = caring(service);
  spec.timeouts = {1s, 1s, 20ms, 50ms, 10ms};
  PluginWorld world;
  REQUIRE(world.add({spec}));
  REQUIRE(becomes(world, "s", Health::kDegraded));
  world.stop();
  CHECK(world.state("s") == ServiceState::kStopped);
  CHECK(service.puppet.destroyed == 0);
  leave->open();
}

TEST_CASE("a service that ends by itself is stopped; only `always` begins it again") {
  Service never("never"), on_failure("on-failure"), always("always");
  PluginWorld world;
  auto failing = on_failure.spec();
  auto repeated = always.spec();
  failing.restart = plugin_host::Restart::kOnFailure;
  repeated.restart = plugin_host::Restart::kAlways;
  failing.backoff = repeated.backoff = {1ms, 10ms};
  REQUIRE(world.add({never.spec(), failing, repeated}));
  for (Service* service : {&never, &on_failure, &always}) {
    CHECK(service->host()->phase_done(service->ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  }
  CHECK(eventually([&] { return world.state("never") == ServiceState::kStopped; }));
  CHECK(eventually([&] { return world.state("on-failure") == ServiceState::kStopped; }));
  CHECK(eventually([&] {
    return always.puppet.created == 2 && world.state("always") == ServiceState::kRunning;
  }));
  CHECK(world.status("always").restarts == 1);
  for (Service* service : {&never, &on_failure, &always}) {
    CHECK(service->puppet.stopped == 1);
    CHECK(service->puppet.destroyed == 1);
  }
  CHECK(never.puppet.created == 1);
  CHECK(on_failure.puppet.created == 1);
}

TEST_CASE("one that ends at once, again and again, is begun ever later") {
  Service service("s");
  PluginWorld world;
  auto spec = service.spec();
  spec.restart = plugin_host::Restart::kAlways;
  spec.backoff = {1ms, 60s};
  REQUIRE(world.add({spec}));
  for (int life = 1; life <= 5; ++life) {
    REQUIRE(eventually([&] {
      return service.puppet.created == life && world.state("s") == ServiceState::kRunning;
    }));
    REQUIRE(service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  }
  for (const char* const wait :
       {"wait_ms=1", "wait_ms=2", "wait_ms=4", "wait_ms=8", "wait_ms=16"}) {
    CHECK(eventually([&] { return world.logged(wait); }));
  }
}

TEST_CASE("one that ran for long begins with the shortest wait again") {
  Service service("s");
  PluginWorld world;
  auto spec = service.spec();
  spec.restart = plugin_host::Restart::kAlways;
  spec.backoff = {1ms, 2ms};
  REQUIRE(world.add({spec}));
  for (int life = 1; life <= 4; ++life) {
    REQUIRE(eventually([&] {
      return service.puppet.created == life && world.state("s") == ServiceState::kRunning;
    }));
    const auto began = world.clock.now();
    REQUIRE(eventually([&] { return world.clock.now() - began > 3ms; }));
    REQUIRE(service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  }
  CHECK(eventually([&] { return service.puppet.created == 5; }));
  CHECK_FALSE(world.logged("wait_ms=2"));
}

TEST_CASE("a service that ends with an error has failed") {
  Service service("s"), stays("stays");
  PluginWorld world;
  auto spec = service.spec();
  spec.restart = plugin_host::Restart::kOnFailure;
  spec.backoff = {1ms, 10ms};
  REQUIRE(world.add({spec, stays.spec()}));
  for (Service* one : {&service, &stays}) {
    CHECK(one->host()->phase_done(one->ctx(), RUNAR_PHASE_STOP, RUNAR_E_UNAVAILABLE,
                                  str("the database is gone")) == RUNAR_OK);
  }
  CHECK(eventually([&] { return service.puppet.created == 2; }));
  CHECK(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  CHECK(eventually([&] { return world.state("stays") == ServiceState::kFailed; }));
  CHECK(world.status("stays").last_error.about.find("the database is gone") != std::string::npos);
}

TEST_CASE("an end can be told once, of a service that runs, and not about its start") {
  Service service("s");
  runar_status in_start = RUNAR_OK;
  service.puppet.on_start = [&](runar_ctx* ctx, runar_err*) {
    in_start = service.host()->phase_done(ctx, RUNAR_PHASE_STOP, RUNAR_OK, {});
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(in_start == RUNAR_E_STALE);
  const auto end = [&] {
    return service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {});
  };
  CHECK(end() == RUNAR_OK);
  CHECK(end() == RUNAR_E_STALE);
  CHECK(eventually([&] { return world.state("s") == ServiceState::kStopped; }));
  CHECK(end() == RUNAR_E_STALE);
}

TEST_CASE("a stop that comes while a service ends by itself stops it once") {
  Service service("s");
  PluginWorld world;
  auto spec = service.spec();
  spec.restart = plugin_host::Restart::kAlways;
  REQUIRE(world.add({spec}));
  CHECK(service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  world.stop();
  CHECK(world.state("s") == ServiceState::kStopped);
  CHECK(service.puppet.stopped == 1);
  CHECK(service.puppet.created == 1);
}

TEST_CASE("a service whose file could not be loaded is tried again when the file changes") {
  PluginWorld world;
  Service service("s");
  service.echo();
  auto spec = service.spec();
  spec.file = world.folder / "late.so";
  auto other = PluginWorld::spec("undefined_symbol", "x", "other");
  REQUIRE(world.add({spec, other}));
  REQUIRE(world.state("s") == ServiceState::kFailed);
  CHECK(world.file_changed(world.folder / "another.so") == 0);

  std::filesystem::copy(PluginWorld::plugin("bad_note"), spec.file);
  CHECK(world.file_changed(spec.file) == 1);
  CHECK(eventually([&] { return world.status("s").last_error.code == Errc::kPluginBadManifest; }));
  CHECK(world.state("s") == ServiceState::kFailed);

  std::filesystem::copy(PluginWorld::plugin("puppet"), spec.file,
                        std::filesystem::copy_options::overwrite_existing);
  CHECK(world.file_changed(spec.file) == 1);
  REQUIRE(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  CHECK(world.ask("s/echo", "x").payload == "x");
  CHECK(world.file_changed(spec.file) == 0);
  CHECK(world.state("other") == ServiceState::kFailed);
}

TEST_CASE("a call without a deadline has the time that its action wants") {
  Service service("s"), caller("caller");
  std::atomic<std::int64_t> given{0};
  const auto note = [&](runar_ctx* ctx, const runar_request* r) {
    given = r->deadline_ns - service.host()->now_ns();
    service.host()->respond(ctx, r->id, nullptr);
  };
  service.puppet.on_init = [&](runar_ctx* ctx, runar_err*) {
    service.add_all(ctx);
    runar_action action{};
    action.struct_size = sizeof action;
    action.name = str("patient");
    action.default_timeout_ms = 60'000;
    static OnRequest work;
    work = note;
    action.user = &work;
    action.on_request = [](void* user, runar_ctx* c, const runar_request* r) {
      (*static_cast<OnRequest*>(user))(c, r);
    };
    return service.host()->add_action(ctx, &action, nullptr);
  };
  service.action("plain", note);
  std::string path;
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    const runar_id id = r->id;
    call(caller, path, "", [&caller, ctx, id](runar_ctx*, runar_id, const runar_reply*) {
      caller.host()->respond(ctx, id, nullptr);
    });
  });
  RealCalls calls;
  PluginWorld world({}, &calls.dispatcher(), &calls);
  REQUIRE(world.add({service.spec(), caller.spec()}));
  path = "s/patient";
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(given > core::Duration(50s).count());
  CHECK(given <= core::Duration(60s).count());
  path = "s/plain";
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(given > 0);
  CHECK(given <= core::Duration(5s).count());
}

TEST_CASE("how long an action takes is known once it was asked") {
  Service service("s");
  service.echo();
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  REQUIRE(world.status("s").actions.size() == 1);
  CHECK(world.status("s").actions[0].p50 == 0ns);
  for (int i = 0; i < 20; ++i) {
    world.ask("s/echo", "x");
  }
  const auto action = world.status("s").actions[0];
  CHECK(action.p50 > 0ns);
  CHECK(action.p99 >= action.p50);
  CHECK(action.p99 < 10s);
}
