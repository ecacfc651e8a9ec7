#include "config/show.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;

TEST_CASE("what is shown as YAML loads again as the same") {
  for (const std::string name : {"runard.yaml", "local.yaml"}) {
    const Loaded first = load_text(project_file(name), name, {});
    REQUIRE(first.config);
    const Loaded again = load_yaml(show(*first.config, ShowAs::kYaml));
    CHECK(lines_of(again) == Lines{});
    CHECK(again.config == first.config);
  }
}

TEST_CASE("odd values survive being shown") {
  const Loaded first = load_yaml(R"(
networks: ["1e3", "true", "null", "12", "5s"]
logging: { levels: { "on": debug, "12": trace } }
transport: { quic: { advertise: ["192.0.2.1:1", "[::1]:2"] } }
discovery: { multicast: { interfaces: ["0", "eth0"] } }
plugins:
  load:
    - file: "/opt/my plugins/a#b.so"
      services:
        - type: "a: b"
          path: "ü/'\""
          restart: no
          config: { a: "12", b: 12, c: [[], {}, [{ x: [1, [2]] }]], d: "x\ny", e: "", f: null }
)");
  REQUIRE(lines_of(first) == Lines{});
  const std::string yaml = show(*first.config, ShowAs::kYaml);
  INFO(yaml);
  const Loaded again = load_yaml(yaml);
  CHECK(lines_of(again) == Lines{});
  CHECK(again.config == first.config);
}

TEST_CASE("what is shown as JSON is JSON, with numbers as numbers") {
  const Loaded loaded = load_yaml("node: { workers: 4 }\nlimits: { peers: 7 }");
  const auto json = nlohmann::json::parse(show(*loaded.config, ShowAs::kJson));
  CHECK(json["node"]["workers"] == 4);
  CHECK(json["limits"]["peers"] == 7);
  CHECK(json["limits"]["payload"] == "4MiB");
  CHECK(json["transport"] == "off");
  CHECK(json["plugins"]["auto_enable"] == false);
  CHECK(json["networks"]["join"] == nlohmann::json::array({"main"}));
}

TEST_CASE("secrets are never shown") {
  World world;
  world.variables = {{"PW", "hunter2"}};
  world.files = {{"/pw", "hunter2"}};
  const Loaded loaded = load_yaml(
      "plugins:\n  load:\n    - file: a.so\n      services:\n"
      "        - type: t\n          path: p\n          config:\n"
      "            a: ${PW}\n            b: file:/pw\n"
      "            password: hunter2\n",
      world);
  REQUIRE(loaded.config);
  for (const ShowAs form : {ShowAs::kYaml, ShowAs::kJson}) {
    const std::string text = show(*loaded.config, form);
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK(text.find("<secret>") != std::string::npos);
  }
}
