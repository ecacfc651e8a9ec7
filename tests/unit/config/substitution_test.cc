#include <catch2/catch_test_macros.hpp>

#include "config/scalar.h"
#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

std::string service_with(const std::string& config) {
  return "plugins:\n  load:\n    - file: a.so\n      services:\n        - type: t\n"
         "          path: p\n          config:\n            " +
         config + "\n";
}

std::string json_of(const std::string& config, const World& world) {
  const Loaded loaded = load_yaml(service_with(config), world);
  return loaded.config ? loaded.config->plugins.load[0].services[0].config.json
                       : loaded.problems[0].text();
}

}  // namespace

TEST_CASE("an environment variable stands for its value") {
  World world;
  world.variables = {{"NAME", "edge-7"}, {"N", "4"}, {"EMPTY", ""}};
  const Loaded loaded = load_yaml(
      "node: { name: \"${NAME}\", workers: \"${N}\" }\n"
      "control: { group: \"x-${NAME}-${N}${EMPTY}\" }",
      world);

  REQUIRE(lines_of(loaded) == Lines{});
  CHECK(loaded.config->node.name == "edge-7");
  CHECK(loaded.config->node.workers == 4);
  CHECK(loaded.config->control.group == "x-edge-7-4");
}

TEST_CASE("a default stands in for a variable that is unset or empty") {
  World world;
  world.variables = {{"EMPTY", ""}, {"SET", "set"}};
  const Loaded loaded = load_yaml("node: { name: \"${UNSET:-a}-${EMPTY:-b}-${SET:-c}\" }", world);
  REQUIRE(loaded.config);
  CHECK(loaded.config->node.name == "a-b-set");
  CHECK(json_of("x: ${UNSET:-}", world) == R"({"x":null})");
}

TEST_CASE("a variable that is not set is named") {
  CHECK(problems("node:\n  name: edge-${NUMBER}\n") ==
        Lines{"c.yaml:2:9: node.name: the environment variable NUMBER is not set, set it, or write "
              "${NUMBER:-default}"});
}

TEST_CASE("what is no variable is named") {
  CHECK(problems("node: { name: \"${1A}\" }") ==
        Lines{"c.yaml:1:15: node.name: \"1A\" is not the name of an environment variable, write "
              "${NAME} or ${NAME:-default}, or $${ for a plain ${"});
  CHECK(problems("node: { name: \"a${B\" }") ==
        Lines{"c.yaml:1:15: node.name: \"${B\" has no }, write ${NAME}, or $${ for a plain ${"});
}

TEST_CASE("two dollars make a plain one before a brace, and one alone is itself") {
  CHECK(json_of("x: a$${B}c", {}) == R"({"x":"a${B}c"})");
  CHECK(json_of("x: $5 $A $$", {}) == R"({"x":"$5 $A $$"})");
}

TEST_CASE("values are not replaced again, and keys never") {
  World world;
  world.variables = {{"A", "${B}"}, {"B", "b"}};
  CHECK(json_of("x: ${A}", world) == R"({"x":"${B}"})");
  CHECK(json_of("${A}: x", world) == R"({"${A}":"x"})");
}

TEST_CASE("an unquoted value is typed after it was replaced") {
  World world;
  world.variables = {{"N", "12"}, {"T", "true"}};
  CHECK(json_of("x: ${N}", world) == R"({"x":12})");
  CHECK(json_of("x: \"${N}\"", world) == R"({"x":"12"})");
  CHECK(json_of("x: ${T}", world) == R"({"x":true})");
}

TEST_CASE("a wrong value of a variable is not shown") {
  World world;
  world.variables = {{"SECRET", "hunter2"}};
  CHECK(problems("request_timeout: ${SECRET}", world) ==
        Lines{"c.yaml:1:18: request_timeout: \"${SECRET}\" gives no fitting value, set it to fit: "
              "duration, 1ms to 1d"});
  CHECK(problems("logging: { level: \"${SECRET}\" }", world) ==
        Lines{"c.yaml:1:19: logging.level: \"${SECRET}\" is no choice here, write trace, debug, "
              "info, warn or error"});
  CHECK(problems("limits:\n  peers: ${SECRET}", world)[0].find("hunter2") == std::string::npos);
  CHECK(problems("control: { socket: \"${SECRET}\" }", world)[0].find("hunter2") ==
        std::string::npos);
  CHECK(problems("transport:\n  quic:\n    listen: ${SECRET}", world)[0].find("hunter2") ==
        std::string::npos);
}

TEST_CASE("a variable has to be text and not too long") {
  World world;
  world.variables = {{"BAD", "\xff"}, {"LONG", std::string(kMaxSecretBytes + 1, 'x')}};
  CHECK(problems("node: { name: \"${BAD}\" }", world) ==
        Lines{"c.yaml:1:15: node.name: the environment variable BAD is not UTF-8 text, set it to "
              "text"});
  CHECK(problems("node: { name: \"${LONG}\" }", world) ==
        Lines{"c.yaml:1:15: node.name: the environment makes this too large, use shorter values"});
}

TEST_CASE("all replaced values together have a bound") {
  World world;
  world.variables = {{"K", std::string(60 * 1024, 'x')}};
  world.files = {{"/k", std::string(60 * 1024, 'x')}};
  for (const std::string value : {"${K}", "file:/k"}) {
    std::string list = "x: [";
    for (int i = 0; i < 20; ++i) {
      list += value == "file:/k" ? value + ", " : "\"" + value + "\", ";
    }
    CHECK(json_of(list + "1]", world).find("too large") != std::string::npos);
  }
}

TEST_CASE("file: in a service's settings stands for what the file holds") {
  World world;
  world.files = {{"/run/secrets/db", "s3cret\n"}, {"/two", "a\nb\n\n"}};
  CHECK(json_of("password: file:/run/secrets/db", world) == R"({"password":"s3cret"})");
  CHECK(json_of("x: file:/two", world) == R"({"x":"a\nb\n"})");
  CHECK(json_of("x: \"file:/run/secrets/db\"", world) == R"({"x":"file:/run/secrets/db"})");
  CHECK(json_of("x: file:relative.db", world) == R"({"x":"file:relative.db"})");
}

TEST_CASE("what a secret file holds is a string") {
  World world;
  world.files = {{"/n", "12"}};
  CHECK(json_of("x: file:/n", world) == R"({"x":"12"})");
}

TEST_CASE("a secret file that can't be used is named with its key") {
  World world;
  world.files = {{"/bin", std::string("\xff\x00", 2)}, {"/long", std::string(70000, 'x')}};
  const std::string key = "c.yaml:8:16: plugins.load[0].services[0].config.x: ";
  CHECK(json_of("x: file:/none", world) ==
        key +
            "the file \"/none\" can't be read: No such file or directory, make it readable for "
            "runard, or quote the value if it is no file");
  CHECK(json_of("x: file:/bin", world) ==
        key + "the file \"/bin\" is not UTF-8 text, store the secret as text");
  CHECK(json_of("x: file:/long", world) ==
        key +
            "the file \"/long\" can't be read: is too large, make it readable for runard, or "
            "quote the value if it is no file");
}

TEST_CASE("secrets are cut from what is shown") {
  World world;
  world.variables = {{"PW", "s3cret"}};
  world.files = {{"/pw", "s3cret"}};
  const Loaded loaded = load_yaml(
      service_with("{ a: \"${PW}\", b: file:/pw, api_token: s3cret, db: { password: [s3cret, 7] }, "
                   "user: bob, Secrets: { x: null, y: s3cret } }"),
      world);
  REQUIRE(lines_of(loaded) == Lines{});
  const ServiceConfig& config = loaded.config->plugins.load[0].services[0].config;
  CHECK(config.shown ==
        R"({"Secrets":{"x":null,"y":"<secret>"},"a":"<secret>","api_token":"<secret>",)"
        R"("b":"<secret>","db":{"password":["<secret>","<secret>"]},"user":"bob"})");
  CHECK(config.json == R"({"Secrets":{"x":null,"y":"s3cret"},"a":"s3cret","api_token":"s3cret",)"
                       R"("b":"s3cret","db":{"password":["s3cret",7]},"user":"bob"})");
}
