// How services pause and end: drain, stop, destroy, and what is still open then.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using registry::ServiceState;

TEST_CASE("a paused service stays paused over a reload of its settings and a restart of its own") {
  Service plain("plain"), ends("ends");
  plain.echo();
  ends.echo();
  auto again = ends.spec();
  again.restart = plugin_host::Restart::kAlways;
  again.backoff = {1ms, 10ms};
  PluginWorld world;
  REQUIRE(world.add({plain.spec(), again}));
  REQUIRE(world.pause("plain"));
  REQUIRE(world.pause("ends"));
  std::string config = plain.puppet.config();
  config.insert(config.size() - 1, R"(,"a":1)");
  CHECK(world.reconfigure("plain", config));
  CHECK(ends.host()->phase_done(ends.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  for (Service* service : {&plain, &ends}) {
    const std::string path = service == &plain ? "plain" : "ends";
    REQUIRE(eventually([&] {
      return service->puppet.created == 2 && world.state(path) == ServiceState::kPaused;
    }));
    CHECK(world.ask(path + "/echo").code == Errc::kServicePaused);
    CHECK(world.resume(path));
    CHECK(world.ask(path + "/echo", "x").payload == "x");
  }
  CHECK(world.logged("service is paused, as it was before"));
  world.stop();
  CHECK(world.directory.history("ends") ==
        "created initialized starting running paused stopping created initialized starting paused "
        "running stopping stopped");
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
