// Lifecycles: order, failure, deadlines, restarts.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using registry::ServiceState;

namespace {

runar_status fail_with(const Service& service, runar_err* err, std::string_view message) {
  service.host()->set_error(err, RUNAR_E_DENIED, str(message));
  return RUNAR_E_DENIED;
}

}  // namespace

TEST_CASE("all inits come before any start") {
  Service a("a");
  Service b("b");
  std::atomic<int> inits{0};
  std::atomic<bool> early{false};
  for (Service* service : {&a, &b}) {
    service->puppet.on_init = [&](runar_ctx*, runar_err*) {
      ++inits;
      return RUNAR_OK;
    };
    service->puppet.on_start = [&](runar_ctx*, runar_err*) {
      early = early || inits != 2;
      return RUNAR_OK;
    };
  }
  PluginWorld world;
  REQUIRE(world.add({a.spec(), b.spec()}));
  CHECK_FALSE(early);
  CHECK(inits == 2);
}

TEST_CASE("starts follow `after`, stops go the other way round") {
  Service web("a-web");  // the names' order is not the one wanted
  Service users("b-users");
  Service store("c-store");
  std::mutex mutex;
  std::string order;
  const auto note = [&](Service& service, std::string name) {
    service.puppet.on_start = [&, name](runar_ctx*, runar_err*) {
      const std::lock_guard lock(mutex);
      order += "+" + name;
      return RUNAR_OK;
    };
    service.puppet.on_stop = [&, name](runar_ctx*, std::int64_t, runar_err*) {
      const std::lock_guard lock(mutex);
      order += "-" + name;
      return RUNAR_OK;
    };
  };
  note(web, "web");
  note(users, "users");
  note(store, "store");
  auto web_spec = web.spec();
  auto users_spec = users.spec();
  web_spec.after = {"b-users"};
  users_spec.after = {"c-store"};
  PluginWorld world;
  REQUIRE(world.add({web_spec, users_spec, store.spec()}));
  CHECK(order == "+store+users+web");
  world.stop();
  CHECK(order == "+store+users+web-web-users-store");
}

TEST_CASE("circles, unknown names and names that are taken begin nothing") {
  Service a("a");
  Service b("b");
  auto first = a.spec();
  auto second = b.spec();
  first.after = {"b"};
  second.after = {"a"};
  PluginWorld world;
  CHECK(world.add({first, second}).error().code == Errc::kConfigInvalid);
  second.after = {"nobody"};
  CHECK(world.add({second}).error().code == Errc::kConfigInvalid);
  CHECK(world.add({a.spec(), a.spec()}).error().code == Errc::kConflict);
  CHECK(a.puppet.created == 0);
  REQUIRE(world.add({a.spec()}));
  auto same_mount = b.spec();
  same_mount.path = "a";
  CHECK(world.add({same_mount}).error().code == Errc::kConflict);
  // Later services may come after earlier ones.
  second.after = {"a"};
  CHECK(world.add({second}));
  CHECK(world.state("b") == ServiceState::kRunning);
}

TEST_CASE("more instances than the limit are refused") {
  PluginWorld world([](plugin_host::Options& options) { options.limits.instances = 2; });
  Service a("a"), b("b"), c("c");
  CHECK(world.add({a.spec(), b.spec(), c.spec()}).error().code == Errc::kOverloaded);
  REQUIRE(world.add({a.spec(), b.spec()}));
  CHECK(world.add({c.spec()}).error().code == Errc::kOverloaded);
  world.remove("a");
  CHECK(eventually([&] { return world.add({c.spec()}).has_value(); }));
}

TEST_CASE("a plugin that can't be loaded fails its services and no others") {
  Service good("good");
  good.echo();
  PluginWorld world;
  auto missing = PluginWorld::spec("undefined_symbol", "x", "bad");
  auto no_type = PluginWorld::spec("two_types", "middle", "odd");
  REQUIRE(world.add({missing, no_type, good.spec()}));
  CHECK(world.state("bad") == ServiceState::kFailed);
  CHECK(world.status("bad").last_error.code == Errc::kPluginLoadFailed);
  CHECK(world.status("odd").last_error.code == Errc::kPluginNoType);
  CHECK(world.ask("good/echo", "x").payload == "x");
  CHECK(world.logged("service failed node=edge-1 service=main:bad"));
}

TEST_CASE("several instances of one type each have their own life") {
  Service one("one");
  Service two("two");
  one.echo();
  two.echo();
  PluginWorld world;
  REQUIRE(world.add({one.spec(), two.spec()}));
  CHECK(one.ctx() != two.ctx());
  CHECK(one.host() == two.host());  // one mapped file
  world.remove("one");
  CHECK(one.puppet.destroyed == 1);
  CHECK(two.puppet.destroyed == 0);
  CHECK(world.ask("one/echo").code == Errc::kNoService);
  CHECK(world.ask("two/echo", "x").payload == "x");
}

TEST_CASE("a service that fails to create, init or start is reported and never visible") {
  Service create("create"), init("init"), start("start");
  create.puppet.on_create = [&](runar_ctx*, const runar_service_args*, runar_err* err) {
    return fail_with(create, err, "no disk");
  };
  init.puppet.on_init = [&](runar_ctx*, runar_err* err) {
    return fail_with(init, err, "no schema");
  };
  start.echo();
  start.puppet.on_start = [&](runar_ctx*, runar_err* err) {
    return fail_with(start, err, "no port");
  };
  PluginWorld world;
  REQUIRE(world.add({create.spec(), init.spec(), start.spec()}));

  const auto status = world.status("init");
  CHECK(status.row.state == ServiceState::kFailed);
  CHECK(status.last_error.code == Errc::kServicePhaseFailed);
  CHECK(status.last_error.about == "init of main:init failed: no schema (RUNAR_E_DENIED)");
  CHECK(world.status("create").last_error.about.find("no disk") != std::string::npos);
  CHECK(world.status("start").last_error.about.find("no port") != std::string::npos);
  CHECK(world.directory.history("start") == "created initialized starting failed");
  CHECK(world.ask("start/echo").code == Errc::kNoService);

  // destroy goes with a create that succeeded, stop with a start that did.
  world.stop();
  CHECK(create.puppet.destroyed == 0);
  CHECK(init.puppet.destroyed == 1);
  CHECK(start.puppet.destroyed == 1);
  CHECK(start.puppet.stopped == 0);
}

TEST_CASE("an exception in a phase fails the phase") {
  Service service("s");
  service.puppet.on_start = [](runar_ctx*, runar_err*) -> runar_status {
    throw std::runtime_error("oops");
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.status("s").last_error.about ==
        "start of main:s failed: let an exception out (RUNAR_E_INTERNAL)");
  CHECK(world.logged("in=start"));
}

TEST_CASE("a registration that was refused fails init, whatever init returns") {
  Service service("s");
  service.puppet.on_init = [&](runar_ctx* ctx, runar_err*) {
    runar_action action{};
    action.struct_size = sizeof action;
    action.name = str("a//b>c");
    action.on_request = [](void*, runar_ctx*, const runar_request*) {};
    EXPECT(service.host()->add_action(ctx, &action, nullptr) == RUNAR_E_INVALID);
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.state("s") == ServiceState::kFailed);
  CHECK(world.status("s").last_error.about ==
        "init of main:s failed: add_action was refused (RUNAR_E_INVALID)");
}

TEST_CASE("a path that somebody else has fails the service before it starts") {
  Service service("taken");
  PluginWorld world;
  world.directory.taken = "taken";
  REQUIRE(world.add({service.spec()}));
  CHECK(world.status("taken").last_error.code == Errc::kDuplicatePath);
  CHECK(service.puppet.started == 0);
}

TEST_CASE("a phase that hangs is given up at its deadline, and others go on") {
  Service hangs("hangs");
  Service good("good");
  good.echo();
  Door door;
  hangs.puppet.on_init = [&](runar_ctx*, runar_err*) {
    door.wait();
    return RUNAR_OK;
  };
  auto spec = hangs.spec();
  spec.timeouts.init = 100ms;
  spec.timeouts.stop = 100ms;
  PluginWorld world;
  REQUIRE(world.add({spec, good.spec()}));
  CHECK(world.state("hangs") == ServiceState::kFailed);
  CHECK(world.status("hangs").last_error.code == Errc::kServicePhaseTimeout);
  CHECK(world.ask("good/echo", "x").payload == "x");
  // It can't be destroyed while it is inside: leaked, by name.
  REQUIRE(eventually([&] { return world.status("hangs").leaked == 1; }));
  CHECK(world.logged("the service is leaked node=edge-1 plugin=puppet service=main:hangs"));
  CHECK(hangs.puppet.destroyed == 0);
  // When it comes back after all, it is.
  door.open();
  REQUIRE(eventually([&] { return hangs.puppet.destroyed == 1; }));
  CHECK(eventually([&] { return world.status("hangs").leaked == 0; }));
  CHECK(hangs.puppet.started == 0);
}

TEST_CASE("init, start and stop may be pending and answered from any thread") {
  Service service("p");
  service.echo();
  std::vector<std::thread> threads;
  const auto later = [&](std::uint32_t phase) {
    threads.emplace_back([&service, phase] {
      EXPECT(service.host()->phase_done(service.ctx(), phase, RUNAR_OK, str("")) == RUNAR_OK);
      EXPECT(service.host()->phase_done(service.ctx(), phase, RUNAR_OK, str("")) == RUNAR_E_STALE);
    });
    return RUNAR_PENDING;
  };
  service.puppet.on_init = [&](runar_ctx* ctx, runar_err*) {
    service.add_all(ctx);
    return later(RUNAR_PHASE_INIT);
  };
  service.puppet.on_start = [&](runar_ctx* ctx, runar_err*) {
    // Answered before the call has returned.
    EXPECT(service.host()->phase_done(ctx, RUNAR_PHASE_STOP, RUNAR_OK, str("")) == RUNAR_E_STALE);
    EXPECT(service.host()->phase_done(ctx, RUNAR_PHASE_START, RUNAR_OK, str("")) == RUNAR_OK);
    return RUNAR_PENDING;
  };
  service.puppet.on_stop = [&](runar_ctx*, std::int64_t deadline, runar_err*) {
    EXPECT(deadline > service.host()->now_ns());
    return later(RUNAR_PHASE_STOP);
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("p/echo", "x").payload == "x");
  world.stop();
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(service.puppet.destroyed == 1);
}

TEST_CASE("a pending phase may fail, or never be answered") {
  Service fails("fails"), never("never");
  fails.puppet.on_start = [&](runar_ctx* ctx, runar_err*) {
    fails.host()->phase_done(ctx, RUNAR_PHASE_START, RUNAR_E_UNAVAILABLE, str("db is down"));
    return RUNAR_PENDING;
  };
  never.puppet.on_start = [](runar_ctx*, runar_err*) { return RUNAR_PENDING; };
  auto spec = never.spec();
  spec.timeouts.start = 50ms;
  spec.timeouts.stop = 50ms;
  PluginWorld world;
  REQUIRE(world.add({fails.spec(), spec}));
  CHECK(world.status("fails").last_error.about.find("db is down") != std::string::npos);
  CHECK(world.status("never").last_error.code == Errc::kServicePhaseTimeout);
}

TEST_CASE("a pending phase ends whatever its error's text is") {
  Service start("start"), stop("stop");
  const std::string text = "caf\xe9\n" + std::string(5000, 'x');
  start.puppet.on_start = [&](runar_ctx* ctx, runar_err*) {
    EXPECT(start.host()->phase_done(ctx, RUNAR_PHASE_START, RUNAR_E_UNAVAILABLE, str(text)) ==
           RUNAR_OK);
    return RUNAR_PENDING;
  };
  stop.puppet.on_stop = [&](runar_ctx* ctx, std::int64_t, runar_err*) {
    EXPECT(stop.host()->phase_done(ctx, RUNAR_PHASE_STOP, RUNAR_E_UNAVAILABLE, str(text)) ==
           RUNAR_OK);
    EXPECT(stop.host()->phase_done(ctx, RUNAR_PHASE_STOP, RUNAR_OK, {nullptr, 1}) ==
           RUNAR_E_INVALID);
    return RUNAR_PENDING;
  };
  PluginWorld world;
  REQUIRE(world.add({start.spec(), stop.spec()}));
  const std::string why = world.status("start").last_error.about;
  CHECK(why.find("caf??xxx") != std::string::npos);
  CHECK(why.size() < 4096 + 100);
  world.stop();
  CHECK(stop.puppet.destroyed == 1);
}

TEST_CASE("a service that fails is tried again, ever later, until it runs") {
  Service service("s");
  service.echo();
  std::vector<std::chrono::steady_clock::time_point> tries;
  service.puppet.on_start = [&](runar_ctx*, runar_err*) {
    tries.push_back(std::chrono::steady_clock::now());
    return tries.size() < 4 ? RUNAR_E_UNAVAILABLE : RUNAR_OK;
  };
  auto spec = service.spec();
  spec.restart = plugin_host::Restart::kOnFailure;
  spec.backoff = {20ms, 50ms};
  PluginWorld world;
  REQUIRE(world.add({spec}));
  REQUIRE(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  REQUIRE(tries.size() == 4);
  CHECK(tries[1] - tries[0] >= 20ms);
  CHECK(tries[2] - tries[1] >= 40ms);
  CHECK(tries[3] - tries[2] >= 50ms);
  CHECK(world.status("s").restarts == 3);
  CHECK(service.puppet.created == 4);
  CHECK(service.puppet.destroyed == 3);
  CHECK(world.ask("s/echo", "x").payload == "x");
}

TEST_CASE("without a restart policy a failed service stays failed; stop ends a waiting restart") {
  Service never("never"), waiting("waiting");
  const auto broken = [](runar_ctx*, runar_err*) { return RUNAR_E_INTERNAL; };
  never.puppet.on_start = broken;
  waiting.puppet.on_start = broken;
  auto spec = waiting.spec();
  spec.restart = plugin_host::Restart::kOnFailure;
  spec.backoff = {1h, 1h};
  PluginWorld world;
  REQUIRE(world.add({never.spec(), spec}));
  CHECK(world.state("never") == ServiceState::kFailed);
  world.stop();
  CHECK(world.state("waiting") == ServiceState::kStopped);
  CHECK(never.puppet.created == 1);
  CHECK(waiting.puppet.created == 1);
}

TEST_CASE("an EXCLUSIVE type has one instance at a time") {
  Service one("one"), two("two");
  PluginWorld world;
  REQUIRE(world.add({one.spec("exclusive"), two.spec("exclusive")}));
  CHECK(world.state("one") == ServiceState::kRunning);
  CHECK(world.state("two") == ServiceState::kFailed);
  CHECK(world.status("two").last_error.code == Errc::kConflict);
  world.remove("one");
  world.remove("two");
  Service three("three");
  REQUIRE(world.add({three.spec("exclusive")}));
  CHECK(world.state("three") == ServiceState::kRunning);
}

TEST_CASE("the same action twice is refused") {
  Service service("s");
  service.echo("a");
  service.echo("a");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.status("s").last_error.about.find("add_action was refused (RUNAR_E_EXISTS)") !=
        std::string::npos);
}

TEST_CASE("create sees where and how the service is mounted") {
  Service service("s");
  std::string seen;
  service.puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
    seen = text(args->network) + " " + text(args->path) + " " + text(args->instance) + " " +
           text(args->data_dir);
    return RUNAR_OK;
  };
  auto spec = service.spec();
  spec.network = "backup";
  spec.path = "billing/eu";
  spec.name = "bill";
  PluginWorld world;
  spec.data_dir = (world.folder / "bill").string();
  REQUIRE(world.add({spec}));
  CHECK(seen == "backup billing/eu bill " + spec.data_dir);
  const auto status = world.status("billing/eu");
  CHECK(status.plugin == "puppet");
  CHECK(status.plugin_version == "1.0.0");
  CHECK(status.row.type == "puppet");
  CHECK(status.row.network == "backup");
}
