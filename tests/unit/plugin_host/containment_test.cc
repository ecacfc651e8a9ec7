// What a plugin does wrong stays with it: slow, stuck, noisy plugins; logs that name them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

TEST_CASE("a plugin's log lines carry plugin, service, action and request") {
  Service service("s");
  runar_id request = 0;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    request = r->id;
    const runar_kv fields[] = {
        {str("user"), str("42")}, {str("service"), str("for\"ged\n")}, {str("a b"), str("c")}};
    service.host()->log(ctx, RUNAR_LOG_INFO, str("looking up"), fields, 3, 0);
    service.host()->log(ctx, RUNAR_LOG_WARN, str("a\nb"), nullptr, 0, r->id);
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("s/get").code == Errc{});
  const std::string id = std::to_string(request);
  CHECK(
      world.logged("info  plugins: looking up node=edge-1 plugin=puppet service=main:s action=get "
                   "request=" +
                   id + " x.user=42 x.service=\"for\\\"ged\\u000a\" x.a_b=c\n"));
  CHECK(
      world.logged("warn  plugins: a\\u000ab node=edge-1 plugin=puppet service=main:s action=get "
                   "request=" +
                   id + "\n"));
}

TEST_CASE("a plugin's long message is cut between two characters") {
  Service service("s");
  const std::string begin(1023, 'm');
  const std::string longest = begin + "\xC3\xA9";
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    service.host()->log(ctx, RUNAR_LOG_INFO, str(longest.c_str()), nullptr, 0, 0);
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("s/get").code == Errc{});
  CHECK(world.logged(" plugins: " + begin + " node=edge-1 "));
}

TEST_CASE("a plugin that floods the log is held back, and its other messages are not") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  for (int i = 0; i < 1000; ++i) {
    service.host()->log(service.ctx(), RUNAR_LOG_INFO, str("flood"), nullptr, 0, 0);
  }
  service.host()->log(service.ctx(), RUNAR_LOG_INFO, str("something else"), nullptr, 0, 0);
  const std::string log = world.log_text();
  CHECK(std::count(log.begin(), log.end(), '\n') < 60);
  CHECK(world.logged("something else"));
  CHECK(service.host()->log_enabled(service.ctx(), RUNAR_LOG_INFO) == 1);
  CHECK(service.host()->log_enabled(service.ctx(), RUNAR_LOG_DEBUG) == 0);
  service.host()->log(service.ctx(), 99, {nullptr, 5}, nullptr, 7, 0);  // odd input does no harm
}

TEST_CASE("code that does not return is named: the innermost, with action and request") {
  Service outer("outer"), inner("inner");
  Door leave;
  inner.action("hang", [&](runar_ctx* ctx, const runar_request* r) {
    leave.wait();
    inner.host()->respond(ctx, r->id, nullptr);
  });
  outer.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        outer, "inner/hang", "",
        [&, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply*) {
          outer.host()->respond(ctx, id, nullptr);
        },
        RUNAR_CALL_DIRECT);
  });
  PluginWorld world(
      [](plugin_host::Options& options) { options.watchdog = {30ms, 10s, 5ms, 5ms}; });
  REQUIRE(world.add({outer.spec(), inner.spec()}));
  Asker asker;
  world.ask_async(asker, "outer/run");
  REQUIRE(eventually([&] { return world.logged("plugin code does not return"); }));
  CHECK(
      world.logged("plugin code does not return node=edge-1 plugin=puppet service=main:inner "
                   "in=handler action=hang request="));
  leave.open();
  CHECK(asker.wait().code == Errc{});
  const std::string log = world.log_text();
  CHECK(log.find("plugin code does not return") == log.rfind("plugin code does not return"));
}

TEST_CASE("a stuck service refuses at once, its worker is replaced, and it may come back") {
  Service stuck("stuck"), good("good");
  stuck.echo();
  good.echo();
  Door leave;
  std::atomic<int> inside{0};
  stuck.action(
      "hang",
      [&](runar_ctx* ctx, const runar_request* r) {
        ++inside;
        leave.wait();
        stuck.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_PARALLEL);
  PluginWorld world(
      [](plugin_host::Options& options) { options.watchdog = {20ms, 500ms, 5ms, 5ms}; });
  REQUIRE(world.add({stuck.spec(), good.spec()}));
  std::deque<Asker> askers(2);  // as many as there are workers
  for (Asker& asker : askers) {
    world.ask_async(asker, "stuck/hang");
  }
  REQUIRE(eventually([&] { return world.status("stuck").stuck; }));
  CHECK(inside == 2);
  const Answer refused = world.ask("stuck/echo");
  CHECK(refused.code == Errc::kServiceStuck);
  CHECK(refused.executed == core::Executed::kNo);
  CHECK(core::info(refused.code).kind == core::Kind::kUnavailable);
  CHECK(world.ask("good/echo", "x").payload == "x");
  CHECK(
      world.logged("service is stuck: it takes no requests until it returns node=edge-1 "
                   "plugin=puppet service=main:stuck"));
  leave.open();
  REQUIRE(eventually([&] { return !world.status("stuck").stuck; }));
  CHECK(world.ask("stuck/echo", "back").payload == "back");
  for (Asker& asker : askers) {
    CHECK(asker.wait().code == Errc{});
  }
}

TEST_CASE("BLOCKING handlers may take long without being called stuck") {
  Service service("s");
  Door leave;
  service.echo();
  service.action(
      "wait",
      [&](runar_ctx* ctx, const runar_request* r) {
        leave.wait();
        service.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_BLOCKING);
  PluginWorld world(
      [](plugin_host::Options& options) { options.watchdog = {5ms, 10ms, 2ms, 2ms}; });
  REQUIRE(world.add({service.spec()}));
  Asker asker;
  world.ask_async(asker, "s/wait");
  const auto until = world.clock.now() + 60ms;
  REQUIRE(eventually([&] { return world.clock.now() > until; }));
  CHECK(world.ask("s/echo", "x").payload == "x");
  CHECK_FALSE(world.logged("action=wait"));  // a loaded machine may well have held up the echo
  leave.open();
  CHECK(asker.wait().code == Errc{});
}

TEST_CASE("a host whose plugin hangs for good ends all the same") {
  // The thread is left behind for the rest of the process, so what it uses is as well.
  static Door& never = *new Door;
  static Service& service = *new Service("s");
  static std::atomic<int> passed{0};
  service.puppet.on_stop = [](runar_ctx* ctx, std::int64_t, runar_err*) {
    ++passed;
    never.wait();
    EXPECT(service.host()->request_state(ctx, 1) == RUNAR_E_STALE);
    ++passed;
    return RUNAR_OK;
  };
  {
    PluginWorld world;
    auto spec = service.spec();
    spec.timeouts.stop = 50ms;
    REQUIRE(world.add({spec}));
    world.stop();
    CHECK(world.logged("the service is leaked"));
    CHECK(passed == 1);
  }
  never.open();
  CHECK(eventually([] { return passed == 2; }));
  CHECK(service.puppet.destroyed == 0);
}
