#include <catch2/catch_test_macros.hpp>

#include "twins.h"

namespace {

using namespace std::chrono_literals;
using runar::testing::Host;

struct About {
  std::string path;
  std::string network;
  int beats = 0;
  RUNAR_FIELDS(path, network, beats)
};

// The topics of what was published, the newest last.
std::vector<std::string> topics(Host& host) {
  std::vector<std::string> list;
  for (const auto& event : host.published()) {
    list.push_back(event.topic + " " + event.body.show());
  }
  return list;
}

}  // namespace

TEST_CASE("lifecycle: the plugin says name, version and description") {
  Host host;
  const runar_plugin& plugin = host.load(readme::plugin("my_service"));
  REQUIRE(plugin.type_count == 1);
  CHECK(runar::detail::view(plugin.types[0]->name) == "my-service");
  CHECK(runar::detail::view(plugin.types[0]->version) == "1.0.0");
  CHECK(runar::detail::view(plugin.types[0]->summary) == "My example service");
}

TEST_CASE("lifecycle: the operator says path and network") {
  Host host;
  host.load(readme::plugin("my_service"));
  host.run("my-service", {.path = "apps/mine", .network = "my-network"});
  const auto about = host.call("my-network:apps/mine/about").as<About>();
  CHECK(about.path == "apps/mine");
  CHECK(about.network == "my-network");
  CHECK(host.finish().empty());
}

TEST_CASE("lifecycle: init registers, start begins the work, stop ends it and may still publish") {
  Host host;
  host.load(readme::plugin("my_service"));
  const auto service = host.create("my-service", {.config = R"({"period_ms":100})"});
  CHECK(host.action_paths().empty());
  host.init(service);
  CHECK(host.action_paths() == std::vector<std::string>{"main:my-service/about"});
  host.advance(1s);
  CHECK(topics(host).empty());
  host.start(service);
  host.advance(250ms);
  CHECK(host.call("my-service/about").as<About>().beats == 2);
  host.stop(service);
  host.advance(1s);
  CHECK(topics(host) == std::vector<std::string>{"main:my-service/beat 1", "main:my-service/beat 2",
                                                 "main:my-service/stopped 2"});
  CHECK(host.action_paths().empty());
  CHECK(host.finish().empty());
}

TEST_CASE("lifecycle: an init that throws fails the service with that text") {
  Host host;
  host.load(readme::plugin("my_service"));
  const auto run = [&host](const char* config) -> std::string {
    try {
      host.run("my-service", {.config = config});
    } catch (const runar::Error& error) {
      return error.what();
    }
    return "it runs";
  };
  CHECK(run(R"({"period_ms":0})") == "config.period_ms: has to be above 0");
  CHECK(run(R"({"period_ms":"soon"})") == "config.period_ms: expected an integer, found a text");
  CHECK(host.action_paths().empty());
}
