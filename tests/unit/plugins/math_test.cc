#include <catch2/catch_test_macros.hpp>
#include <runar/testing.hpp>

namespace {

using runar::testing::Body;
using runar::testing::Host;
using runar::testing::Reply;

struct Math {
  Host host;
  Math() {
    host.load(RUNARD_PLUGIN_DIR "/math.so");
    host.run("math");
  }
  Reply call(const char* operation, const char* json) {
    return host.call(operation, Body::json(json));
  }
};

}  // namespace

TEST_CASE("math does the four operations") {
  Math math;
  CHECK(math.call("math/add", R"({"a":5,"b":3})").as<double>() == 8);
  CHECK(math.call("math/subtract", R"({"a":5,"b":3})").as<double>() == 2);
  CHECK(math.call("math/multiply", R"({"a":5,"b":0.5})").as<double>() == 2.5);
  CHECK(math.call("math/divide", R"({"a":5,"b":4})").as<double>() == 1.25);
  CHECK(math.host.finish().empty());
}

TEST_CASE("dividing by zero is the service's own error, in clear words") {
  Math math;
  const Reply reply = math.call("math/divide", R"({"a":1,"b":0})");
  CHECK(reply.status == RUNAR_E_APP - 1);
  CHECK(reply.message == "division by zero: b must not be 0");
  CHECK(math.host.published().empty());
  CHECK(math.host.finish().empty());
}

TEST_CASE("each result is published below the service's path") {
  Math math;
  math.call("math/add", R"({"a":1,"b":2})");
  const auto published = math.host.published();
  REQUIRE(published.size() == 1);
  CHECK(published[0].topic == "main:math/result");
  CHECK(published[0].body.show() == R"({"a":1.0,"b":2.0,"value":3.0,"operation":"add"})");
  CHECK(math.host.finish().empty());
}

TEST_CASE("math says which operand is wrong") {
  Math math;
  const Reply missing = math.call("math/add", R"({"a":1})");
  CHECK(missing.status == RUNAR_E_INVALID);
  CHECK(missing.message == "b: is missing");
  const Reply text = math.call("math/add", R"({"a":1,"b":"two"})");
  CHECK(text.message == "b: expected a number, found a text");
  const Reply list = math.call("math/add", "[1,2]");
  CHECK(list.message == "expected a map, found a list");
  CHECK(math.host.finish().empty());
}

TEST_CASE("math describes its input") {
  Math math;
  CHECK(math.host.input_schema("math/add") ==
        R"({"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},)"
        R"("required":["a","b"]})");
}
