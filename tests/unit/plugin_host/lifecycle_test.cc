// Lifecycles: order, failure, deadlines, restarts, pause, stop.
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

TEST_CASE("a paused service refuses requests until it is resumed") {
  Service service("s");
  service.echo();
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.pause("s"));
  const Answer refused = world.ask("s/echo");
  CHECK(refused.code == Errc::kServicePaused);
  CHECK(refused.executed == core::Executed::kNo);
  CHECK(world.pause("s").error().code == Errc::kServiceWrongState);
  CHECK(world.resume("s"));
  CHECK(world.ask("s/echo", "x").payload == "x");
  CHECK(world.resume("s").error().code == Errc::kServiceWrongState);
  CHECK(world.pause("nobody").error().code == Errc::kNotFound);
  world.stop();
  CHECK(world.directory.history("s") ==
        "created initialized starting running paused running stopping stopped");
}

TEST_CASE("stop waits for requests under way, and takes no new ones") {
  Service service("s");
  std::atomic<runar_id> id{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  service.puppet.on_stop = [&](runar_ctx*, std::int64_t, runar_err*) {
    EXPECT(id == 0);  // answered before
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  Asker asker, late;
  world.ask_async(asker, "s/get");
  REQUIRE(eventually([&] { return id != 0; }));
  std::thread stopping([&] { world.stop(); });
  REQUIRE(eventually([&] { return world.state("s") == ServiceState::kStopping; }));
  rpc::Request request;
  world.directory.endpoints["s"]->call(request, {&late, {}});  // one with an old route
  CHECK(late.wait().code == Errc::kServiceStopping);
  CHECK(late.wait().executed == core::Executed::kNo);

  CHECK(service.host()->respond(service.ctx(), id.exchange(0), nullptr) == RUNAR_OK);
  stopping.join();
  CHECK(asker.wait().code == Errc{});
  CHECK(service.puppet.stopped == 1);
}

TEST_CASE("requests that outlive drain and stop are answered for the service") {
  Service service("s");
  std::atomic<runar_id> id{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  auto spec = service.spec();
  spec.timeouts.drain = 20ms;
  PluginWorld world;
  REQUIRE(world.add({spec}));
  Asker asker;
  world.ask_async(asker, "s/get");
  REQUIRE(eventually([&] { return id != 0; }));
  world.stop();
  CHECK(asker.wait().code == Errc::kServiceStopping);
  CHECK(asker.wait().executed == core::Executed::kUnknown);
  CHECK(service.puppet.destroyed == 1);
  CHECK(asker.count() == 1);
}

TEST_CASE("calls that are open when a service ends are answered to it before destroy") {
  Service caller("caller"), callee("callee");
  callee.action("keep", [](runar_ctx*, const runar_request*) {});
  caller.echo();
  std::atomic<int> replies{0};
  std::atomic<runar_status> status{RUNAR_OK};
  std::atomic<bool> destroyed_first{false};
  caller.puppet.on_destroy = [&] { destroyed_first = replies == 0; };
  PluginWorld world;
  REQUIRE(world.add({caller.spec(), callee.spec()}));
  CHECK(call(caller, "callee/keep", "", [&](runar_ctx*, runar_id, const runar_reply* reply) {
          status = reply->status;
          ++replies;
        }) == RUNAR_OK);
  world.remove("caller");
  CHECK(replies == 1);
  CHECK(status == RUNAR_E_CANCELLED);
  CHECK_FALSE(destroyed_first);
}

TEST_CASE("in stop all host calls still work; after destroy all are stale") {
  Service service("s"), other("other");
  other.echo();
  runar_status in_stop = RUNAR_E_INTERNAL;
  runar_status in_destroy = RUNAR_OK;
  service.puppet.on_stop = [&](runar_ctx*, std::int64_t, runar_err*) {
    in_stop = call(service, "other/echo", "bye", [](runar_ctx*, runar_id, const runar_reply*) {});
    return RUNAR_OK;
  };
  service.puppet.on_destroy = [&] {
    in_destroy = call(service, "other/echo", "", [](runar_ctx*, runar_id, const runar_reply*) {});
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec(), other.spec()}));
  world.remove("s");
  CHECK(in_stop == RUNAR_OK);
  CHECK(in_destroy == RUNAR_E_STOPPING);

  const runar_host* const host = service.host();
  runar_ctx* const ctx = service.ctx();
  REQUIRE(eventually([&] { return host->request_state(ctx, 1) == RUNAR_E_STALE; }));
  runar_call given{};
  given.struct_size = sizeof given;
  given.path = str("other/echo");
  CHECK(host->call(
            ctx, &given, [](void*, runar_ctx*, runar_id, const runar_reply*) {}, nullptr,
            nullptr) == RUNAR_E_STALE);
  CHECK(post(service, 0ns, [](runar_ctx*, runar_status) {}) == RUNAR_E_STALE);
  CHECK(host->respond(ctx, 1, nullptr) == RUNAR_E_STALE);
  CHECK(host->phase_done(ctx, RUNAR_PHASE_STOP, RUNAR_OK, str("")) == RUNAR_E_STALE);
  CHECK(host->add_action(ctx, nullptr, nullptr) == RUNAR_E_STALE);
  CHECK(host->publish(ctx, nullptr, nullptr, nullptr) == RUNAR_E_STALE);
  CHECK(host->buf_alloc(ctx, 1, nullptr) == nullptr);
  CHECK(host->log_enabled(ctx, RUNAR_LOG_ERROR) == 0);
  CHECK(host->on_strand(ctx) == 0);
  host->log(ctx, RUNAR_LOG_ERROR, str("from the grave"), nullptr, 0, 0);
  CHECK_FALSE(world.logged("from the grave"));
}

TEST_CASE("threads of a plugin may use its context while it ends") {
  Service service("s"), other("other");
  other.echo();
  std::atomic<bool> go{true};
  std::vector<std::thread> threads;
  PluginWorld world;
  REQUIRE(world.add({service.spec(), other.spec()}));
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (go) {
        call(service, "other/echo", "x", [](runar_ctx*, runar_id, const runar_reply*) {});
        post(service, 10us, [](runar_ctx*, runar_status) {});
        service.host()->request_state(service.ctx(), 7);
        service.host()->log(service.ctx(), RUNAR_LOG_TRACE, str("x"), nullptr, 0, 0);
      }
    });
  }
  world.remove("s");
  CHECK(service.puppet.destroyed == 1);
  go = false;
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("memory that a plugin lent out keeps it from being destroyed") {
  Service service("s");
  static std::atomic<int> released{0};
  released = 0;
  auto spec = service.spec();
  spec.timeouts.stop = 50ms;
  PluginWorld world;
  REQUIRE(world.add({spec}));
  static const std::uint8_t bytes[] = {1};
  runar_buf* const buffer =
      service.host()->buf_wrap(service.ctx(), {bytes, 1}, [](void*) { ++released; }, nullptr);
  world.remove("s");
  CHECK(service.puppet.destroyed == 0);
  CHECK(world.logged("the service is leaked"));
  service.host()->buf_release(buffer);
  CHECK(released == 1);
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

TEST_CASE("stop during init or start waits for it, and starts nothing more") {
  for (const bool in_start : {false, true}) {
    Service service("s");
    Door entered, leave;
    const auto hold = [&](runar_ctx*, runar_err*) {
      entered.open();
      leave.wait();
      return RUNAR_OK;
    };
    (in_start ? service.puppet.on_start : service.puppet.on_init) = hold;
    PluginWorld world;
    std::thread adding([&] { EXPECT(world.add({service.spec()})); });
    REQUIRE(entered.wait());
    std::thread stopping([&] { world.stop(); });
    REQUIRE(eventually([&] { return world.state("s") == ServiceState::kStopping; }));
    leave.open();
    adding.join();
    stopping.join();
    CHECK(world.state("s") == ServiceState::kStopped);
    CHECK(service.puppet.started == (in_start ? 1 : 0));
    CHECK(service.puppet.stopped == (in_start ? 1 : 0));
    CHECK(service.puppet.destroyed == 1);
  }
}

TEST_CASE("drop_user of an action runs once, when its handler will not run again") {
  Service service("s");
  static std::atomic<int> drops{0};
  drops = 0;
  runar_id removed = 0;
  const auto add = [&](runar_ctx* ctx, const char* name, runar_id* out) {
    runar_action action{};
    action.struct_size = sizeof action;
    action.name = str(name);
    action.on_request = [](void*, runar_ctx*, const runar_request*) {};
    action.drop_user = [](void*) { ++drops; };
    return service.host()->add_action(ctx, &action, out);
  };
  service.puppet.on_init = [&](runar_ctx* ctx, runar_err*) {
    EXPECT(add(ctx, "a", nullptr) == RUNAR_OK);
    EXPECT(add(ctx, "b", &removed) == RUNAR_OK);
    EXPECT(service.host()->remove(ctx, removed) == RUNAR_OK);
    EXPECT(service.host()->remove(ctx, removed) == RUNAR_E_STALE);
    EXPECT(add(ctx, "b", &removed) == RUNAR_OK);  // its place is free again
    EXPECT(add(ctx, "c", nullptr) == RUNAR_OK);
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.status("s").row.actions.size() == 3);
  CHECK(service.host()->remove(service.ctx(), removed) == RUNAR_OK);
  CHECK(world.ask("s/b").code == Errc::kNoAction);
  CHECK(add(service.ctx(), "late", nullptr) == RUNAR_E_UNSUPPORTED);
  CHECK(drops == 0);
  world.stop();
  CHECK(drops == 4);
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
  spec.data_dir = "/data/bill";
  PluginWorld world;
  REQUIRE(world.add({spec}));
  CHECK(seen == "backup billing/eu bill /data/bill");
  const auto status = world.status("billing/eu");
  CHECK(status.plugin == "puppet");
  CHECK(status.plugin_version == "1.0.0");
  CHECK(status.row.type == "puppet");
  CHECK(status.row.network == "backup");
}
