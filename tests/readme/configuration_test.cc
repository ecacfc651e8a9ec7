#include <catch2/catch_test_macros.hpp>

#include "twins.h"

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST_CASE("configuration: a name and a network are enough") {
  const auto loaded = readme::load("configuration_basic");
  REQUIRE(loaded.config);
  CHECK(loaded.config->node.name == "my-node");
  CHECK(loaded.config->networks.default_name == "my-network");
  CHECK(loaded.config->networks.join == Lines{"my-network"});
  CHECK(loaded.config->local_only());
}

TEST_CASE("configuration: networks, timeout, logging and links are set in the YAML") {
  const auto loaded = readme::load("configuration_advanced");
  REQUIRE(loaded.config);
  const auto& config = *loaded.config;
  CHECK(config.networks.default_name == "my-network");
  CHECK(config.networks.join == Lines{"my-network", "backup-network"});
  CHECK(config.request_timeout == 5000ms);
  CHECK(config.logging.level == runard::core::Level::kInfo);
  CHECK_FALSE(config.local_only());
  CHECK(config.transport->quic.listen == runard::config::HostPort{"::", 8889});
}

TEST_CASE("configuration: a wrong value is told with its place and what to write") {
  CHECK(readme::problems("request_timeout: 5000") ==
        Lines{R"(c.yaml:1:18: request_timeout: "5000" has no unit, write 5000s or 5000ms)"});
  CHECK(readme::problems("node: { nam: my-node }") ==
        Lines{"c.yaml:1:9: node.nam: unknown key, did you mean name?"});
  CHECK(readme::problems("logging: { level: info_default }") ==
        Lines{R"(c.yaml:1:19: logging.level: "info_default" is no choice here, )"
              "write trace, debug, info, warn or error"});
  CHECK(readme::problems("networks: { default: my-network, join: [backup-network] }") ==
        Lines{R"(c.yaml:1:22: networks.default: "my-network" is not joined, )"
              "add it to networks.join, or write backup-network"});
}
