#include "transport/address.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using runard::transport::Address;
using runard::transport::HostPort;

TEST_CASE("addresses are read and shown in one form") {
  for (const char* text :
       {"10.0.0.5:8889", "[2001:db8::1]:8889", "[::]:1", "0.0.0.0:65535", "[fe80::1%3]:8889"}) {
    const auto address = Address::parse(text);
    REQUIRE(address.has_value());
    CHECK(address->text() == text);
  }
  CHECK(Address::parse("[2001:DB8:0::1]:80")->text() == "[2001:db8::1]:80");
}

TEST_CASE("what is no numeric address with a port is refused") {
  for (const char* text :
       {"", "10.0.0.5", "10.0.0.5:", "10.0.0.5:65536", "10.0.0.5:x", ":8889", "2001:db8::1:8889",
        "[2001:db8::1]", "host:1", "[::1%nonsense]:1", "10.0.0.5:8889 ", "[]:1", "[10.0.0.5:1"}) {
    CHECK_FALSE(Address::parse(text).has_value());
  }
  CHECK_FALSE(Address::parse(std::string(400, 'x') + ":1").has_value());
}

TEST_CASE("names are told apart from their port") {
  const auto parts = HostPort::parse("node-b.example:8889");
  REQUIRE(parts.has_value());
  CHECK(parts->host == "node-b.example");
  CHECK(parts->port == 8889);
}

TEST_CASE("an IPv4 address seen through an IPv6 socket is the same address") {
  const Address v4 = *Address::parse("10.0.0.5:8889");
  const Address mapped = v4.mapped();
  CHECK(mapped.is_v6());
  CHECK(*Address::from(mapped.data()) == v4);
  CHECK(v4 == *Address::parse("10.0.0.5:8889"));
  CHECK_FALSE(v4 == v4.with_port(1));
  CHECK_FALSE(v4 == *Address::parse("[::1]:8889"));
}

TEST_CASE("wildcards are known as such") {
  CHECK(Address::any_v4(1).is_wildcard());
  CHECK(Address::any_v6(1).is_wildcard());
  CHECK_FALSE(Address::parse("127.0.0.1:1")->is_wildcard());
  CHECK_FALSE(Address().is_wildcard());
}
