#include "discovery/static_peers.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace runard::discovery;

namespace {

struct Told final : Sightings {
  void seen(const Sighting& sighting) override { all.push_back(sighting); }
  void gone(const core::NodeId&) override {}
  std::vector<Sighting> all;
};

}  // namespace

TEST_CASE("hosts and ports are taken apart") {
  CHECK(HostPort::parse("node-b.example:8889")->host == "node-b.example");
  CHECK(HostPort::parse("10.0.0.5:1")->port == 1);
  CHECK(HostPort::parse("[fd00::5]:8889")->host == "fd00::5");
  CHECK(HostPort::parse("[fe80::5%eth0]:8889")->host == "fe80::5%eth0");
}

TEST_CASE("texts that name no host and port are refused") {
  for (const char* text : {"", ":", "host", "host:", ":1", "host:0", "host:65536", "host:1x",
                           "fd00::5:1", "[host]:1", "[]:1", "a b:1", "host/x:1", "[fd00::5:1"}) {
    INFO(text);
    CHECK(HostPort::parse(text).has_error());
  }
  CHECK(HostPort::parse(std::string(300, 'a') + ":1").has_error());
  CHECK(HostPort::parse(std::string("a\0b:1", 5)).has_error());
}

TEST_CASE("static peers are told with their names, and for ever") {
  Told told;
  REQUIRE(tell_static_peers({"node-b.example:8889", "[fd00::5]:1"}, told).has_value());
  REQUIRE(told.all.size() == 2);
  CHECK(told.all[0].addresses == std::vector<std::string>{"node-b.example:8889"});
  CHECK(told.all[0].ttl == core::Duration(0));
  CHECK_FALSE(told.all[0].node.has_value());
}

TEST_CASE("one wrong static peer is named, and none is told") {
  Told told;
  const auto result = tell_static_peers({"good:1", "bad"}, told);
  REQUIRE(result.has_error());
  CHECK(result.error().about.find("bad") != std::string::npos);
  CHECK(told.all.empty());
}
