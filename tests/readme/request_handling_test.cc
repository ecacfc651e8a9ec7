#include <catch2/catch_test_macros.hpp>

#include "twins.h"

namespace {

using runar::testing::Body;
using runar::testing::Reply;

struct Math {
  runar::testing::Host host;
  Math() {
    host.load(readme::plugin("request_handling"));
    host.run("math");
  }
  Reply call(const char* path, const char* json) { return host.call(path, Body::json(json)); }
};

}  // namespace

TEST_CASE("request handling: an action adds what it is given, as a type or as a map") {
  Math math;
  CHECK(math.call("math/add", R"({"a":2,"b":3.5})").as<double>() == 5.5);
  CHECK(math.call("math/add_map", R"({"a":2,"b":3.5})").as<double>() == 5.5);
  CHECK(math.call("math/divide", R"({"a":1,"b":4})").as<double>() == 0.25);
  CHECK(math.host.finish().empty());
}

TEST_CASE("request handling: what is missing or of another type is named") {
  Math math;
  for (const char* path : {"math/add", "math/add_map"}) {
    const Reply missing = math.call(path, R"({"a":2})");
    CHECK(missing.status == RUNAR_E_INVALID);
    CHECK(missing.message == "b: is missing");
    CHECK(math.call(path, R"({"a":2,"b":"three"})").message ==
          "b: expected a number, found a text");
  }
  CHECK(math.host.call("math/add").message == "a: is missing");
  CHECK(math.host.finish().empty());
}

TEST_CASE("request handling: dividing by zero is an error of the service's own") {
  Math math;
  const Reply reply = math.call("math/divide", R"({"a":1,"b":0})");
  CHECK(reply.status == RUNAR_E_APP - 1);
  CHECK(reply.message == "division by zero");
  CHECK(math.host.finish().empty());
}

TEST_CASE("request handling: an unknown action, and a path that is none, reach no handler") {
  Math math;
  CHECK(math.call("math/substract", "{}").status == RUNAR_E_NOT_FOUND);
  CHECK_THROWS_AS(math.call("math:a:dd", "{}"), runar::Error);
  CHECK(math.host.finish().empty());
}
