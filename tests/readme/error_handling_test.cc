#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "twins.h"

namespace {

using runar::testing::Reply;

struct Errors {
  runar::testing::Host host;
  Errors() {
    host.load(readme::plugin("error_handling"));
    host.run("errors");
  }
};

}  // namespace

TEST_CASE("errors: without one the value comes back") {
  Errors it;
  CHECK(it.host.call("errors/method", 9.0).as<double>() == 3);
  CHECK(it.host.call("errors/caller", 9.0).as<double>() == 3);
  CHECK(it.host.finish().empty());
}

TEST_CASE("errors: each level adds its context, the code stays") {
  Errors it;
  const Reply one = it.host.call("errors/method", -1.0);
  CHECK(one.status == RUNAR_E_APP - 1);
  CHECK(one.message == "failed to perform operation: the input is negative");
  const Reply two = it.host.call("errors/caller", -1.0);
  CHECK(two.status == RUNAR_E_APP - 1);
  CHECK(two.message == "failed to call: failed to perform operation: the input is negative");
  CHECK(it.host.finish().empty());
}

TEST_CASE("errors: any other exception is an internal error with its text") {
  Errors it;
  const Reply reply = it.host.call("errors/method", std::numeric_limits<double>::infinity());
  CHECK(reply.status == RUNAR_E_INTERNAL);
  CHECK(reply.message == "out of range");
  CHECK(it.host.finish().empty());
}

TEST_CASE("errors: a call to nowhere is answered at once") {
  Errors it;
  const auto began = it.host.now();
  const Reply nobody = it.host.call("errors/to", std::string("nobody/there"));
  CHECK(nobody.status == RUNAR_E_NOT_FOUND);
  const Reply no_path = it.host.call("errors/to", std::string("no path:at:all"));
  CHECK(no_path.status == RUNAR_E_INVALID);
  CHECK(it.host.now() == began);
  CHECK(it.host.finish().empty());
}
