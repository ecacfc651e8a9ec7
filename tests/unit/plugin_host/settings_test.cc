// New settings for services that run, have failed, or have yet to come.
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
using registry::ServiceState;

namespace {

plugin_host::InstanceSpec caring(const Service& service) {
  auto spec = service.spec("caring");
  spec.health_interval = 5ms;
  return spec;
}

std::string config_of(const Service& service, const std::string& more) {
  std::string config = service.puppet.config();
  config.insert(config.size() - 1, "," + more);
  return config;
}

}  // namespace

TEST_CASE("new settings reach the service while it runs, and its requests go on") {
  Service service("s");
  service.echo();
  std::string got;
  service.puppet.on_reconfigure = [&](runar_ctx*, runar_str config, runar_err*) {
    got = text(config);
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({caring(service)}));
  const std::string wanted = config_of(service, R"("precision":12)");
  CHECK(world.reconfigure("s", wanted));
  CHECK(got == wanted);
  CHECK(service.puppet.created == 1);
  CHECK(world.ask("s/echo", "x").payload == "x");
  got.clear();
  CHECK(world.reconfigure("s", wanted));  // nothing new
  CHECK(got.empty());
  CHECK(world.reconfigure("nobody", wanted).error().code == Errc::kNotFound);
}

TEST_CASE("settings that a service refuses change nothing, and it is said why") {
  Service service("s");
  service.echo();
  int asked = 0;
  service.puppet.on_reconfigure = [&](runar_ctx*, runar_str, runar_err* err) {
    ++asked;
    service.host()->set_error(err, RUNAR_E_INVALID, str("precision is at most 9"));
    return RUNAR_E_INVALID;
  };
  std::string created_with;
  service.puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
    created_with = text(args->config_json);
    return RUNAR_OK;
  };
  PluginWorld world;
  auto spec = caring(service);
  spec.restart = plugin_host::Restart::kAlways;
  spec.backoff = {1ms, 1ms};
  REQUIRE(world.add({spec}));
  const auto refused = world.reconfigure("s", config_of(service, R"("precision":12)"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kServicePhaseFailed);
  CHECK(refused.error().about.find("precision is at most 9") != std::string::npos);
  CHECK(world.logged("the new configuration was refused, the old one stays"));
  CHECK(world.state("s") == ServiceState::kRunning);
  CHECK(world.ask("s/echo", "x").payload == "x");
  // It is asked again, and a later life begins with the old ones.
  CHECK_FALSE(world.reconfigure("s", config_of(service, R"("precision":12)")));
  CHECK(asked == 2);
  CHECK(service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  CHECK(eventually(
      [&] { return service.puppet.created == 2 && world.state("s") == ServiceState::kRunning; }));
  CHECK(created_with == service.puppet.config());
}

TEST_CASE("a service that throws, hangs or dithers over new settings keeps the old ones") {
  Service throwing("t"), hanging("h"), pending("p");
  Door leave;
  throwing.puppet.on_reconfigure = [](runar_ctx*, runar_str, runar_err*) -> runar_status {
    throw std::runtime_error("oops");
  };
  hanging.puppet.on_reconfigure = [&](runar_ctx*, runar_str, runar_err*) {
    leave.wait();
    return RUNAR_OK;
  };
  pending.puppet.on_reconfigure = [](runar_ctx*, runar_str, runar_err*) { return RUNAR_PENDING; };
  auto slow = caring(hanging);
  slow.timeouts.start = 100ms;
  PluginWorld world;
  REQUIRE(world.add({caring(throwing), slow, caring(pending)}));
  CHECK(world.reconfigure("t", config_of(throwing, R"("a":1)")).error().code ==
        Errc::kServicePhaseFailed);
  CHECK(world.reconfigure("p", config_of(pending, R"("a":1)")).error().code ==
        Errc::kServicePhaseFailed);
  CHECK(world.reconfigure("h", config_of(hanging, R"("a":1)")).error().code ==
        Errc::kServicePhaseTimeout);
  // While it hangs it can't be asked.
  CHECK(world.reconfigure("h", config_of(hanging, R"("a":2)")).error().code ==
        Errc::kServiceWrongState);
  leave.open();
  CHECK(eventually([&] { return world.logged("a phase that was given up has returned"); }));
  CHECK(world.reconfigure("h", config_of(hanging, R"("a":2)")));
}

TEST_CASE("a service that can't take settings, or asks for it, begins again with them") {
  Service plain("plain"), asking("asking");
  plain.echo();
  asking.echo();
  asking.puppet.on_reconfigure = [](runar_ctx*, runar_str, runar_err*) { return RUNAR_RESTART; };
  std::mutex mutex;
  std::map<std::string, std::string> created_with;
  for (Service* service : {&plain, &asking}) {
    service->puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
      const std::lock_guard lock(mutex);
      created_with[text(args->path)] = text(args->config_json);
      return RUNAR_OK;
    };
  }
  PluginWorld world;
  REQUIRE(world.add({plain.spec(), caring(asking)}));
  for (Service* service : {&plain, &asking}) {
    const std::string name = service == &plain ? "plain" : "asking";
    const std::string wanted = config_of(*service, R"("a":1)");
    CHECK(world.reconfigure(name, wanted));
    REQUIRE(eventually([&] {
      return service->puppet.created == 2 && world.state(name) == ServiceState::kRunning;
    }));
    CHECK(service->puppet.stopped == 1);
    CHECK(service->puppet.destroyed == 1);
    const std::lock_guard lock(mutex);
    CHECK(created_with[name] == wanted);
  }
  CHECK(world.ask("plain/echo", "x").payload == "x");
  CHECK(world.ask("asking/echo", "x").payload == "x");
}

TEST_CASE(
    "a service that can't begin with new settings gets the old ones back, and it is said why") {
  Service plain("plain"), asking("asking");
  plain.echo();
  asking.echo();
  asking.puppet.on_reconfigure = [](runar_ctx*, runar_str, runar_err*) { return RUNAR_RESTART; };
  std::atomic<int> with_bad{0};
  for (Service* service : {&plain, &asking}) {
    service->puppet.on_create = [&, service](runar_ctx*, const runar_service_args* args,
                                             runar_err* err) {
      if (text(args->config_json).find("bad") == std::string::npos) {
        return RUNAR_OK;
      }
      ++with_bad;
      service->host()->set_error(err, RUNAR_E_INVALID, str("bad is no mode"));
      return RUNAR_E_INVALID;
    };
  }
  PluginWorld world;
  REQUIRE(world.add({plain.spec(), caring(asking)}));
  for (Service* service : {&plain, &asking}) {
    const std::string name = service == &plain ? "plain" : "asking";
    const auto refused = world.reconfigure(name, config_of(*service, R"("mode":"bad")"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kServicePhaseFailed);
    CHECK(refused.error().about.find("bad is no mode") != std::string::npos);
    CHECK(eventually([&] { return world.state(name) == ServiceState::kRunning; }));
    CHECK(world.ask(name + "/echo", "x").payload == "x");
    CHECK(world.reconfigure(name, config_of(*service, R"("mode":"good")")));
  }
  CHECK(with_bad == 2);
  CHECK(world.logged("service did not begin with its new configuration, the old one comes back"));
}

TEST_CASE("a stop that comes while new settings are tried ends both") {
  Service service("s");
  Door entered, leave;
  service.puppet.on_start = [&](runar_ctx*, runar_err*) {
    if (service.puppet.created == 2) {
      entered.open();
      leave.wait();
    }
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::promise<Errc> told;
  world.control.post([&] {
    world.host->reconfigure("s", config_of(service, R"("a":1)"), [&](core::Result<void> result) {
      told.set_value(result ? Errc{} : result.error().code);
    });
  });
  REQUIRE(entered.wait());
  std::thread stopper([&] { world.stop(); });
  CHECK(told.get_future().get() == Errc::kServiceStopping);
  leave.open();
  stopper.join();
  CHECK(world.state("s") == ServiceState::kStopped);
  CHECK(service.puppet.destroyed == 2);
}

TEST_CASE("a service that failed is tried again with new settings") {
  Service service("s");
  service.echo();
  service.puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
    return text(args->config_json).find("good") == std::string::npos ? RUNAR_E_INVALID : RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  REQUIRE(world.state("s") == ServiceState::kFailed);
  CHECK(world.reconfigure("s", config_of(service, R"("is":"good")")));
  CHECK(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  CHECK(world.ask("s/echo", "x").payload == "x");
}

TEST_CASE("a service that has ended by itself begins again with new settings") {
  Service service("s");
  service.echo();
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(service.host()->phase_done(service.ctx(), RUNAR_PHASE_STOP, RUNAR_OK, {}) == RUNAR_OK);
  REQUIRE(eventually([&] { return world.state("s") == ServiceState::kStopped; }));
  CHECK(world.reconfigure("s", config_of(service, R"("a":1)")));
  CHECK(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  CHECK(world.ask("s/echo", "x").payload == "x");
}

TEST_CASE("a service that lacks its file takes new settings for when it comes") {
  PluginWorld world;
  Service service("s");
  std::string created_with;
  service.puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
    created_with = text(args->config_json);
    return RUNAR_OK;
  };
  auto spec = service.spec();
  spec.file = world.folder / "late.so";
  REQUIRE(world.add({spec}));
  const std::string wanted = config_of(service, R"("a":1)");
  CHECK(world.reconfigure("s", wanted));
  CHECK(world.state("s") == ServiceState::kFailed);
  std::filesystem::copy(PluginWorld::plugin("puppet"), spec.file);
  CHECK(world.file_changed(spec.file) == 1);
  CHECK(eventually([&] { return world.state("s") == ServiceState::kRunning; }));
  CHECK(created_with == wanted);
}
