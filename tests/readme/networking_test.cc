#include <catch2/catch_test_macros.hpp>

#include "twins.h"

using runard::config::HostPort;

TEST_CASE("networking: the multicast group and the QUIC port are the operator's choice") {
  const auto loaded = readme::load("networking");
  REQUIRE(loaded.config);
  const auto& config = *loaded.config;
  CHECK(config.transport->quic.listen == HostPort{"::", 8889});
  REQUIRE(config.discovery->multicast);
  CHECK(config.discovery->multicast->group == HostPort{"224.0.0.1", 8888});
  CHECK_FALSE(config.local_only());
}

TEST_CASE("networking: a group that is none, a missing port and no transport are refused") {
  // Whether the text has one problem, at this place.
  const auto refuses = [](const char* place, const char* yaml) {
    const auto lines = readme::problems(yaml);
    return lines.size() == 1 && lines[0].find(place) != std::string::npos;
  };
  CHECK(refuses("discovery.multicast.group: ",
                R"({ transport: {}, discovery: { multicast: { group: "10.0.0.1:8888" } } })"));
  CHECK(refuses("discovery.multicast.group: ",
                R"({ transport: {}, discovery: { multicast: { group: "224.0.0.1" } } })"));
  CHECK(refuses("transport.quic.listen: ", R"({ transport: { quic: { listen: "[::]:88890" } } })"));
  CHECK(refuses("discovery: needs transport",
                R"({ discovery: { multicast: { group: "224.0.0.1:8888" } } })"));
}
