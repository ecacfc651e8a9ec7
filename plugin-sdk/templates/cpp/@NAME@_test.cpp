// Runs the plugin in a test host: virtual time, no daemon, no network.
#include <cstdio>
#include <runar/testing.hpp>

namespace {

int failures = 0;

void check(bool good, const char* what) {
  if (!good) {
    std::fprintf(stderr, "failed: %s\n", what);
    ++failures;
  }
}

}  // namespace

int main() {
  using runar::testing::Body;
  runar::testing::Host host;
  host.load(PLUGIN_FILE);
  host.run("@NAME@", {.config = R"({"greeting":"Hi"})"});

  const auto reply = host.call("@NAME@/greet", Body::json(R"({"name":"Ann","times":2})"));
  check(reply.body.show() == R"("Hi, Ann!!")", "greets");
  check(host.published().size() == 1, "publishes the greeting");
  check(host.call("@NAME@/greet", Body::json("{}")).message == "name: is missing", "checks input");

  for (const std::string& problem : host.finish()) {
    check(false, problem.c_str());
  }
  return failures == 0 ? 0 : 1;
}
