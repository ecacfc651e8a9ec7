#include "wire/hello.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hex.h"
#include "wire/cbor.h"
#include "wire/limits.h"

using namespace runard;
using core::Bytes;
using test::from_hex;
using test::to_hex;
using wire::Hello;

namespace {

Hello sample() {
  Hello hello;
  hello.features = 5;
  hello.epoch = 300;
  hello.generation = 1;
  hello.name = "edge-1";
  hello.addresses = {"10.0.0.5:8889"};
  core::NetworkId network;
  network.bytes.fill(0x11);
  hello.networks = {network};
  hello.reset_token.emplace().fill(0x22);
  return hello;
}

constexpr const char* kHelloBody =
    "a9"
    "01 01"
    "02 01"
    "03 05"
    "04 19012c"
    "05 01"
    "06 66 656467652d31"
    "07 81 6d 31302e302e302e353a38383839"
    "08 81 50 11111111111111111111111111111111"
    "09 50 22222222222222222222222222222222";

}  // namespace

TEST_CASE("a hello has its golden bytes and is read back") {
  Bytes out;
  wire::put_hello(sample(), out);
  CHECK(to_hex(out) == to_hex(from_hex(kHelloBody)));

  const auto back = wire::get_hello(out);
  REQUIRE(back.has_value());
  CHECK(*back == sample());
}

TEST_CASE("a hello of a newer node is understood: its unknown keys are skipped") {
  Bytes body = from_hex(kHelloBody);
  body[0] = 0xaa;
  const Bytes more = from_hex("18 63 82 01 a1 02 63616263");
  body.insert(body.end(), more.begin(), more.end());
  const auto back = wire::get_hello(body);
  REQUIRE(back.has_value());
  CHECK(*back == sample());
}

TEST_CASE("a broken hello is refused") {
  const Bytes whole = from_hex(kHelloBody);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(wire::get_hello(core::ByteView(whole).first(size)).has_value());
  }
  CHECK_FALSE(wire::get_hello(from_hex("a0")).has_value());            // no version
  CHECK_FALSE(wire::get_hello(from_hex("a2 0102 0201")).has_value());  // least above highest
  CHECK_FALSE(wire::get_hello(from_hex("a3 0101 0201 08 81 4111")).has_value());
  CHECK_FALSE(wire::get_hello(from_hex("a3 0101 0201 09 4111")).has_value());
  Hello hello = sample();
  hello.name.assign(wire::kMaxName + 1, 'x');
  Bytes out;
  wire::put_hello(hello, out);
  CHECK_FALSE(wire::get_hello(out).has_value());
  std::string many = "a3 0101 0201 07 9821";  // addresses
  for (std::size_t i = 0; i < wire::kMaxAddresses + 1; ++i) {
    many += "63613a31";
  }
  CHECK_FALSE(wire::get_hello(from_hex(many)).has_value());
}

TEST_CASE("of more addresses than a hello may have the first ones are told") {
  Hello hello = sample();
  hello.addresses.assign(wire::kMaxAddresses, "a:1");
  hello.addresses.emplace_back("b:2");
  Bytes out;
  wire::put_hello(hello, out);
  const auto told = wire::get_hello(out);
  REQUIRE(told.has_value());
  CHECK(told->addresses == std::vector<std::string>(wire::kMaxAddresses, "a:1"));
}

TEST_CASE("two nodes use the highest version that both know") {
  Hello ours;
  Hello theirs;
  ours.wire_min = 2;
  ours.wire_max = 3;
  theirs.wire_min = 1;
  theirs.wire_max = 2;
  CHECK(wire::common_version(ours, theirs) == 2);
  CHECK(wire::common_version(theirs, ours) == 2);
  theirs.wire_max = 1;
  CHECK_FALSE(wire::common_version(ours, theirs).has_value());
}
