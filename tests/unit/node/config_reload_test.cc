// links: config
#include "node/config_reload.h"

#include <catch2/catch_test_macros.hpp>
#include <future>
#include <thread>

#include "plugins/puppet.h"
#include "support/plugin_world.h"

using namespace runard;
using namespace runard::test;

namespace {

config::Config config_of(std::vector<config::Service> services) {
  config::Config config;
  config.node.name = "n";
  config.plugins.load.push_back({});
  config.plugins.load[0].file = "puppet.so";
  config.plugins.load[0].services = std::move(services);
  return config;
}

config::Service service(const std::string& path, std::string settings) {
  config::Service service;
  service.type = "caring";
  service.path = path;
  service.network = "main";
  service.config.json = std::move(settings);
  return service;
}

// A running node of one service "s", and the file that a reload reads.
struct World {
  Puppet puppet;
  PluginWorld plugins;
  std::mutex mutex;
  config::Loaded file;
  int reads = 0;
  std::string taken;
  runar_status answer = RUNAR_OK;
  config::Config running;
  core::Result<void> verdict{};  // of the node
  core::Error said{};
  std::vector<std::thread> threads;
  node::ConfigReload reload{plugins.control, core::Log(),
                            [this] {
                              const std::lock_guard lock(mutex);
                              ++reads;
                              return file;
                            },
                            [this](core::Task task) {
                              threads.emplace_back([task = std::move(task)]() mutable { task(); });
                            },
                            [this](const config::Config&) { return verdict; }};

  World() {
    puppet.on_reconfigure = [this](runar_ctx*, runar_str config, runar_err*) {
      const std::lock_guard lock(mutex);
      taken.assign(config.ptr, config.len);
      return answer;
    };
    running = config_of({service("s", puppet.config())});
    auto spec = PluginWorld::spec("puppet", "caring", "s", puppet.config());
    spec.name = "main:s";
    REQUIRE(plugins.add({spec}));
  }
  ~World() {
    for (std::thread& thread : threads) {
      thread.join();
    }
  }

  std::string settings(const std::string& more) {
    std::string text = puppet.config();
    text.insert(text.size() - 1, "," + more);
    return text;
  }
  bool run() {
    std::promise<bool> done;
    plugins.control.post([&] {
      reload.begin(running, *plugins.host, [&](const core::Result<void>& result) {
        said = result ? core::Error{} : result.error();
        done.set_value(!!result);
      });
    });
    return done.get_future().get();
  }
};

}  // namespace

TEST_CASE("a service that only has new settings is told them") {
  World world;
  const config::Config before = world.running;
  world.file.config = config_of({service("s", world.settings(R"("a":1)"))});
  CHECK(world.run());
  CHECK(world.taken == world.settings(R"("a":1)"));
  world.taken.clear();
  CHECK(world.run());
  CHECK(world.taken.empty());  // nothing new
  world.file.config = before;
  CHECK(world.run());
  CHECK(world.taken == world.puppet.config());  // and back
}

// It is what `runarctl config show` shows.
TEST_CASE("the running configuration has the settings that a service has taken, and no others") {
  World world;
  const config::Config before = world.running;
  world.file.config = config_of({service("s", world.settings(R"("a":1)"))});
  world.file.config->plugins.load[0].services[0].config.shown = "shown";
  world.answer = RUNAR_E_INVALID;
  CHECK_FALSE(world.run());
  CHECK(world.running == before);
  world.answer = RUNAR_OK;
  CHECK(world.run());
  CHECK(world.running == *world.file.config);
}

TEST_CASE("a file with a mistake changes nothing") {
  World world;
  world.file.problems.resize(1);
  CHECK_FALSE(world.run());
  CHECK(world.taken.empty());
}

TEST_CASE("settings that are refused are tried again with the next reload") {
  World world;
  world.file.config = config_of({service("s", world.settings(R"("a":1)"))});
  world.answer = RUNAR_E_INVALID;
  CHECK_FALSE(world.run());
  world.answer = RUNAR_OK;
  CHECK(world.run());
}

TEST_CASE("what takes a restart is not taken, the settings of others are") {
  World world;
  auto moved = service("s", world.settings(R"("a":1)"));
  moved.init_timeout = std::chrono::seconds(1);
  world.file.config = config_of({moved});
  CHECK_FALSE(world.run());
  CHECK(world.taken.empty());
  CHECK(world.said.about ==
        "plugins.load[0].services[0].init_timeout: changed in the file, which takes a restart; "
        "the rest of the file is in force");
  world.file.config = config_of({service("s", world.settings(R"("a":1)")), service("new", "{}")});
  CHECK_FALSE(world.run());
  CHECK(world.taken == world.settings(R"("a":1)"));
  CHECK(world.said.executed == core::Executed::kYes);  // the rest
  world.file.config = config_of({});
  CHECK_FALSE(world.run());
}

TEST_CASE("a service that the node does not have is named as not reloaded") {
  World world;
  world.running = config_of({service("s", "{}"), service("ghost", "{}")});
  world.file.config = config_of({service("s", world.puppet.config()), service("ghost", "{}")});
  CHECK_FALSE(world.run());
}

TEST_CASE("a reload that is asked for while one runs follows it, and any number are one") {
  World world;
  world.file.config = config_of({service("s", world.settings(R"("a":1)"))});
  std::atomic<int> done{0};
  world.plugins.control.run([&] {
    for (int i = 0; i < 5; ++i) {
      world.reload.begin(world.running, *world.plugins.host,
                         [&](const core::Result<void>&) { ++done; });
    }
  });
  REQUIRE(eventually([&] { return done == 5; }));
  CHECK(world.reads == 2);
}

TEST_CASE("those that wait for a reload hear how it went, and too many are refused") {
  World world;
  world.file.problems.resize(1);
  std::atomic<int> failed{0};
  std::atomic<int> refused{0};
  world.plugins.control.run([&] {
    for (std::size_t i = 0; i < node::ConfigReload::kMaxWaiting + 2; ++i) {
      world.reload.begin(world.running, *world.plugins.host, [&](const core::Result<void>& result) {
        failed += result ? 0 : 1;
        refused += !result && result.error().code == core::Errc::kOverloaded ? 1 : 0;
      });
    }
  });
  REQUIRE(eventually([&] { return failed == node::ConfigReload::kMaxWaiting + 2; }));
  CHECK(refused == 1);
  CHECK(world.reads == 2);
}

TEST_CASE("what the node can't take changes no service either") {
  World world;
  world.file.config = config_of({service("s", world.settings("\"b\":2"))});
  world.verdict = core::fail(core::Errc::kConfigInvalid, "no");
  CHECK_FALSE(world.run());
  CHECK(world.taken.empty());
}

TEST_CASE("settings are told apart from everything else") {
  const auto running = config_of({service("a", "1"), service("b", "2")});
  auto wanted = running;
  CHECK(node::keys_that_differ(running, wanted).empty());
  wanted.plugins.load[0].services[1].config.json = "3";
  CHECK(node::keys_that_differ(running, wanted).empty());
  CHECK(node::common_settings(running, wanted) ==
        std::map<std::string, std::string>{{"main:a", "1"}, {"main:b", "3"}});
  wanted.plugins.load[0].services[1].restart = config::Restart::kAlways;
  using Keys = std::vector<std::string>;
  CHECK(node::keys_that_differ(running, wanted) == Keys{"plugins.load[0].services[1].restart"});
  CHECK(node::common_settings(running, wanted) ==
        std::map<std::string, std::string>{{"main:a", "1"}});
  wanted.plugins.load[0].file = "other.so";
  CHECK(node::common_settings(running, wanted).empty());
  wanted = running;
  wanted.node.name = "m";
  wanted.limits.payload *= 2;
  wanted.transport.emplace();
  wanted.plugins.load.emplace_back();
  CHECK(node::keys_that_differ(running, wanted) ==
        Keys{"limits.payload", "node.name", "plugins.load", "transport"});
}
