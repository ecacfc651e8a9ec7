#include <catch2/catch_test_macros.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;
using namespace std::chrono_literals;

namespace {

// One plugin with these services, each a line of flow YAML: the first stands in line 6.
std::string with_services(const std::vector<std::string>& services) {
  std::string text =
      "networks: [main, backup]\nplugins:\n  load:\n    - file: a.so\n"
      "      services:\n";
  for (const std::string& service : services) {
    text += "        - { " + service + " }\n";
  }
  return text;
}

Lines service_problems(const std::vector<std::string>& services) {
  Lines lines = problems(with_services(services));
  for (std::string& line : lines) {
    const std::string prefix = "plugins.load[0].";
    const std::size_t at = line.find(prefix);
    line = line.substr(7, at == std::string::npos ? 0 : at - 7) +
           (at == std::string::npos ? line : line.substr(at + prefix.size()));
  }
  return lines;
}

}  // namespace

TEST_CASE("a service has a default network, restart policy, timeouts and backoff") {
  const Loaded loaded = load_yaml(with_services({"type: math, path: math"}));
  REQUIRE(lines_of(loaded) == Lines{});
  const Service& service = loaded.config->plugins.load[0].services[0];
  CHECK(service.network == "main");
  CHECK(service.restart == Restart::kOnFailure);
  CHECK(service.init_timeout == 10s);
  CHECK(service.start_timeout == 10s);
  CHECK(service.stop_timeout == 10s);
  CHECK(service.health_interval == 5s);
  CHECK(service.backoff == Backoff{500ms, 30s});
  CHECK(loaded.config->service_count() == 1);
}

TEST_CASE("a service can say all of that itself") {
  const Loaded loaded = load_yaml(with_services(
      {"type: math, path: /a//b/, network: backup, restart: no, init_timeout: 1s, start_timeout: "
       "2s, stop_timeout: 3s, health_interval: 4s, backoff: { min: 1s, max: 1s }"}));
  REQUIRE(lines_of(loaded) == Lines{});
  const Service& service = loaded.config->plugins.load[0].services[0];
  CHECK(service.path == "a/b");
  CHECK(service.network == "backup");
  CHECK(service.restart == Restart::kNo);
  CHECK(service.init_timeout == 1s);
  CHECK(service.start_timeout == 2s);
  CHECK(service.stop_timeout == 3s);
  CHECK(service.health_interval == 4s);
  CHECK(service.backoff == Backoff{1s, 1s});
}

TEST_CASE("a plugin needs a file and services, a service a type and a path") {
  CHECK(problems("plugins:\n  load:\n    - isolation: inline\n") ==
        Lines{"c.yaml:3:7: plugins.load[0].file: is missing, add file:",
              "c.yaml:3:7: plugins.load[0].services: is missing, add services:"});
  CHECK(problems("plugins: { load: [ { file: a.so, services: [] } ] }") ==
        Lines{"c.yaml:1:44: plugins.load[0].services: is empty, name at least one"});
  CHECK(service_problems({"network: main"}) ==
        Lines{"6:11: services[0].type: is missing, add type:",
              "6:11: services[0].path: is missing, add path:"});
}

TEST_CASE("a plugin's file is a .so of the folder or an absolute path") {
  for (const std::string file : {"math", "sub/math.so", "../math.so", ".so", "/lib/.so"}) {
    INFO(file);
    CHECK(problems("plugins:\n  load:\n    - file: " + file +
                   "\n      services: [ { type: t, path: p } ]\n") ==
          Lines{"c.yaml:3:13: plugins.load[0].file: \"" + file +
                "\" is not a plugin file, write NAME.so, which lies in plugins.dir, or "
                "/PATH/NAME.so"});
  }
  CHECK(problems("plugins:\n  load:\n    - file: /opt/x/math.so\n"
                 "      services: [ { type: t, path: p } ]\n") == Lines{});
}

TEST_CASE("a file is loaded once") {
  CHECK(problems("plugins:\n  load:\n"
                 "    - { file: a.so, services: [ { type: t, path: p } ] }\n"
                 "    - { file: a.so, services: [ { type: t, path: q } ] }\n") ==
        Lines{"c.yaml:4:15: plugins.load[1].file: \"a.so\" is loaded already, put its services "
              "under plugins.load[0]"});
}

TEST_CASE("a service names a joined network") {
  CHECK(service_problems({"type: t, path: p, network: mian"}) ==
        Lines{"6:40: services[0].network: the network \"mian\" is not joined, add it to "
              "networks.join, or write main or backup"});
}

TEST_CASE("a mount is a topic path of its own") {
  const std::string advice =
      ": ':', '*', '>', '{' and '}' can't stand in a concrete path unescaped, write a path such as "
      "math or billing/eu";
  CHECK(service_problems({"type: t, path: \"a/*\"", "type: t, path: \"a/{x}\"",
                          "type: t, path: \"main:a\"", "type: t, path: \"a/>\""}) ==
        Lines{"6:28: services[0].path: \"a/*\"" + advice,
              "7:28: services[1].path: \"a/{x}\"" + advice,
              "8:28: services[2].path: \"main:a\" names a network, write the path only",
              "9:28: services[3].path: \"a/>\"" + advice});
  CHECK(service_problems({"type: t, path: $registry"}) ==
        Lines{"6:28: services[0].path: \"$registry\" begins with $, which is the system's, choose "
              "a path without the $"});
  CHECK(
      service_problems({"type: t, path: \"//\""}) ==
      Lines{"6:28: services[0].path: \"//\": no segment, write a path such as math or billing/eu"});
}

TEST_CASE("no mount is called as a folder's own or its parent, which would be its data folder") {
  for (const std::string dots : {".", "..", "/../", "%2E%2E", "%2e"}) {
    INFO(dots);
    CHECK(service_problems({"type: t, path: \"" + dots + "\""}).size() == 1);
  }
  for (const char* good : {"...", "a/..", "../a", ".a", "..a"}) {
    INFO(good);
    CHECK(service_problems({"type: t, path: " + std::string(good)}).empty());
  }
}

TEST_CASE("a mount is as long as a message to another node may name it") {
  const std::string longest(255, 'a');
  CHECK(service_problems({"type: t, path: " + longest}).empty());
  const Lines problems = service_problems({"type: t, path: a" + longest});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].starts_with("6:28: services[0].path: \"aaa"));
  CHECK(problems[0].ends_with("\" is too long for a mount, write at most 255 bytes"));
}

TEST_CASE("a path is mounted once a network, however it is spelt") {
  CHECK(service_problems({"type: t, path: a/b", "type: t, path: a//b/"}) ==
        Lines{"7:28: services[1].path: \"main:a/b\" is mounted already, by "
              "plugins.load[0].services[0], choose another path or network"});
  CHECK(service_problems({"type: t, path: a", "type: t, path: a, network: backup",
                          "type: t, path: a/b"}) == Lines{});
}

TEST_CASE("after names services, in their own network unless it says otherwise") {
  const Loaded loaded =
      load_yaml(with_services({"type: t, path: a, after: [b, \"backup:c\"]", "type: t, path: b",
                               "type: t, path: c, network: backup"}));
  REQUIRE(lines_of(loaded) == Lines{});
  CHECK(loaded.config->plugins.load[0].services[0].after ==
        std::vector<std::string>{"main:b", "backup:c"});
}

TEST_CASE("after a service that is not there is a problem") {
  CHECK(service_problems({"type: t, path: users, after: [user]"}) ==
        Lines{"6:43: services[0].after[0]: no service \"main:user\" is loaded here, did you mean "
              "main:users?"});
  CHECK(service_problems({"type: t, path: a, after: [\"backup:a\"]"}) ==
        Lines{"6:39: services[0].after[0]: no service \"backup:a\" is loaded here, add it under "
              "plugins.load"});
  CHECK(service_problems({"type: t, path: a, after: [\"*\"]"}) ==
        Lines{"6:39: services[0].after[0]: \"*\": ':', '*', '>', '{' and '}' can't stand in a "
              "concrete path unescaped, write a service's path, or network:path"});
}

TEST_CASE("services that wait for each other are reported as the cycle that they are") {
  CHECK(service_problems({"type: t, path: a, after: [b]", "type: t, path: b, after: [c]",
                          "type: t, path: c, after: [a]", "type: t, path: d, after: [a]"}) ==
        Lines{"6:38: services[0].after: the services wait for each other: main:a -> main:b -> "
              "main:c -> main:a, take one of them out"});
  CHECK(service_problems({"type: t, path: a, after: [a]"}) ==
        Lines{"6:38: services[0].after: the services wait for each other: main:a -> main:a, take "
              "one of them out"});
}

TEST_CASE("every cycle is reported, also behind a way that leads into one") {
  const Lines lines =
      service_problems({"type: t, path: a, after: [b]", "type: t, path: b, after: [c]",
                        "type: t, path: c, after: [b]", "type: t, path: x, after: [y]",
                        "type: t, path: y, after: [x]"});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("main:b -> main:c -> main:b") != std::string::npos);
  CHECK(lines[1].find("main:x -> main:y -> main:x") != std::string::npos);
}

TEST_CASE("a backoff grows") {
  CHECK(service_problems({"type: t, path: a, backoff: { min: 1m, max: 1s }"}) ==
        Lines{"6:40: services[0].backoff: min is more than max, write a greater max"});
}
