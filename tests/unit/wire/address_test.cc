#include "wire/address.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using wire::Address;

TEST_CASE("an address survives its text and its bytes") {
  for (const char* text : {"10.0.0.5:8889", "[fd00::5]:1", "127.0.0.1:65535", "[fe80::1]:8889"}) {
    const auto address = Address::parse(text);
    REQUIRE(address);
    CHECK(address->text() == text);
    CHECK(Address::decode(address->encoded()) == address);
  }
}

TEST_CASE("an address stands on the wire as its bytes and its port") {
  const auto v4 = Address::parse("10.0.0.5:8889");
  REQUIRE(v4);
  const core::Bytes golden = {10, 0, 0, 5, 0x22, 0xb9};
  CHECK(core::Bytes(v4->encoded().begin(), v4->encoded().end()) == golden);
  CHECK(Address::parse("[fd00::5]:1")->encoded().size() == Address::kV6Size);
}

TEST_CASE("an IPv4-mapped IPv6 address is the IPv4 address") {
  CHECK(Address::parse("[::ffff:10.0.0.5]:8889") == Address::parse("10.0.0.5:8889"));
}

TEST_CASE("texts that are no numeric address are refused") {
  for (const char* text :
       {"", ":", "10.0.0.5", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:65536", "10.0.0.5:88x",
        "10.0.0:1", "node-b.example:8889", "fd00::5:1", "[10.0.0.5]:1", "[fe80::1%eth0]:1",
        "[fd00::5]", "[fd00::5:1", "10.0.0.5:+1", " 10.0.0.5:1"}) {
    INFO(text);
    CHECK_FALSE(Address::parse(text));
  }
  CHECK_FALSE(Address::parse(std::string(5000, 'x') + ":1"));
}

TEST_CASE("places that can't be dialled are no addresses") {
  for (const char* text : {"0.0.0.0:1", "0.1.2.3:1", "[::]:1", "224.0.0.1:8888", "[ff02::1]:8888",
                           "255.255.255.255:1", "[::ffff:0.0.0.0]:1"}) {
    INFO(text);
    CHECK_FALSE(Address::parse(text));
  }
}

TEST_CASE("bytes of a wrong length are no address") {
  const core::Bytes bytes(32, 1);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const bool right = size == Address::kV4Size || size == Address::kV6Size;
    CHECK(Address::decode(core::ByteView(bytes).first(size)).has_value() == right);
  }
}

TEST_CASE("loopback and link-local addresses are known as such") {
  CHECK(Address::parse("127.1.2.3:1")->loopback());
  CHECK(Address::parse("[::1]:1")->loopback());
  CHECK_FALSE(Address::parse("10.0.0.5:1")->loopback());
  CHECK(Address::parse("169.254.0.1:1")->link_local());
  CHECK(Address::parse("[fe80::1]:1")->link_local());
  CHECK_FALSE(Address::parse("[fd00::1]:1")->link_local());
}
