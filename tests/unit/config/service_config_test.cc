#include "config/service_config.h"

#include <catch2/catch_test_macros.hpp>

#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

const std::string kBefore =
    "plugins: { load: [ { file: a.so, services: [ { type: t, path: p, config: ";
const std::string kAfter = " } ] } ] }";

// The JSON, or the problem's text after "config".
std::string json_of(const std::string& yaml) {
  const Loaded loaded = load_yaml(kBefore + yaml + kAfter);
  if (loaded.config) {
    return loaded.config->plugins.load[0].services[0].config.json;
  }
  const std::string text = loaded.problems[0].text();
  return text.substr(text.find(".config") + 7);
}

}  // namespace

TEST_CASE("a service without settings gets an empty object") {
  const Loaded loaded =
      load_yaml("plugins: { load: [ { file: a.so, services: [ { type: t, path: p } ] } ] }");
  REQUIRE(loaded.config);
  CHECK(loaded.config->plugins.load[0].services[0].config.json == "{}");
}

TEST_CASE("settings are typed by the core schema of YAML 1.2") {
  CHECK(json_of("{ a: 12, b: -3, c: +4, d: 0x1F, e: 0o17, f: 007 }") ==
        R"({"a":12,"b":-3,"c":4,"d":31,"e":15,"f":7})");
  CHECK(json_of("{ a: 12.5, b: -.5, c: 1e3, d: 1., e: 2.5E-3 }") ==
        R"({"a":12.5,"b":-0.5,"c":1000,"d":1,"e":0.0025})");
  CHECK(json_of("{ a: true, b: False, c: TRUE, d: null, e: ~, f: , g: Null }") ==
        R"({"a":true,"b":false,"c":true,"d":null,"e":null,"f":null,"g":null})");
  CHECK(json_of("{ a: yes, b: off, c: 1.2.3, d: 5s, e: 1_000, f: 0x, g: 0o9, h: +, i: -a }") ==
        R"({"a":"yes","b":"off","c":"1.2.3","d":"5s","e":"1_000","f":"0x","g":"0o9","h":"+",)"
        R"("i":"-a"})");
}

TEST_CASE("what is in quotes is a string") {
  CHECK(json_of("{ a: \"12\", b: 'true', c: \"\", d: \"a\\tb\\u00e4\" }") ==
        "{\"a\":\"12\",\"b\":\"true\",\"c\":\"\",\"d\":\"a\\tbä\"}");
}

TEST_CASE("keys are sorted at every level, lists keep their order") {
  CHECK(json_of("{ b: [2, { z: 1, y: 2 }, 1], a: { d: 1, c: 2 } }") ==
        R"({"a":{"c":2,"d":1},"b":[2,{"y":2,"z":1},1]})");
}

TEST_CASE("the widest numbers keep their digits") {
  CHECK(json_of("{ a: 18446744073709551615, b: -9223372036854775808 }") ==
        R"({"a":18446744073709551615,"b":-9223372036854775808})");
}

TEST_CASE("numbers that JSON can't hold are refused with their place") {
  CHECK(json_of("{ a: 18446744073709551616 }") ==
        ".a: \"18446744073709551616\" does not fit into 64 bits, put it in quotes");
  CHECK(json_of("{ a: -9223372036854775809 }") ==
        ".a: \"-9223372036854775809\" does not fit into 64 bits, put it in quotes");
  CHECK(json_of("{ a: [1, .inf] }") ==
        ".a[1]: \".inf\" is no number that JSON can hold, put it in quotes");
  CHECK(json_of("{ a: -.Inf }") ==
        ".a: \"-.Inf\" is no number that JSON can hold, put it in "
        "quotes");
  CHECK(json_of("{ a: .nan }") == ".a: \".nan\" is no number that JSON can hold, put it in quotes");
  CHECK(json_of("{ a: 1e999 }") ==
        ".a: \"1e999\" is no number that JSON can hold, put it in "
        "quotes");
}

TEST_CASE("settings have to be a mapping") {
  CHECK(json_of("[1]") == ": a list does not fit here, write a mapping");
  CHECK(json_of("12") == ": a value does not fit here, write a mapping");
}

TEST_CASE("any key goes, and a key that stands twice is a problem") {
  CHECK(json_of("{ \"a b\": 1, nodes: 2, ü: 3 }") == "{\"a b\":1,\"nodes\":2,\"ü\":3}");
  CHECK(problems(kBefore + "{ a: 1, a: 2 }" + kAfter) ==
        Lines{"c.yaml:1:82: the key \"a\" is here already, in line 1, keep one of them"});
}
