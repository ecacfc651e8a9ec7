#include <catch2/catch_test_macros.hpp>

#include "twins.h"

namespace {

struct Node {
  runar::testing::Host host;
  Node() {
    host.load(readme::plugin("quick_start"));
    host.run("greeter", {.network = "my-network"});
    host.run("visitor", {.network = "my-network"});
  }
};

}  // namespace

TEST_CASE("quick start: two lines configure a node that needs no identity") {
  const auto loaded = readme::load("quick_start");
  REQUIRE(loaded.config);
  CHECK(loaded.config->node.name == "my-node");
  CHECK(loaded.config->networks.default_name == "my-network");
  CHECK(loaded.config->local_only());
}

TEST_CASE("quick start: one service calls the other") {
  Node node;
  const std::string name = "Ann";
  CHECK(node.host.call("my-network:visitor/visit", name).as<std::string>() == "Hello, Ann!");
  const auto called = node.host.called();
  REQUIRE(called.size() == 1);
  CHECK(called[0].path == "my-network:greeter/greet");
  CHECK(node.host.finish().empty());
}

TEST_CASE("quick start: what nobody offers is not found, nor is it in another network") {
  Node node;
  CHECK(node.host.call("my-network:greeter/gret").status == RUNAR_E_NOT_FOUND);
  CHECK(node.host.call("greeter/greet").status == RUNAR_E_NOT_FOUND);
  CHECK(node.host.finish().empty());
}
