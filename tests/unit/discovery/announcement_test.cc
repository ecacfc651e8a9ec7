#include "discovery/announcement.h"

#include <catch2/catch_test_macros.hpp>

#include "core/random.h"

using namespace runard;
using discovery::Announcement;
using discovery::decode_announcement;

namespace {

Announcement sample() {
  Announcement a;
  for (std::size_t i = 0; i < a.node.bytes.size(); ++i) {
    a.node.bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  }
  a.boot = 0x0102030405060708;
  a.port = 8889;
  a.please_answer = true;
  a.addresses = {*wire::Address::parse("10.0.0.5:8890"), *wire::Address::parse("[fd00::5]:8889")};
  return a;
}

}  // namespace

TEST_CASE("an announcement survives its bytes") {
  Announcement a = sample();
  CHECK(*decode_announcement(encode(a)) == a);
  a.goodbye = true;
  a.please_answer = false;
  a.addresses.clear();
  CHECK(*decode_announcement(encode(a)) == a);
}

TEST_CASE("an announcement's bytes are these") {
  const core::Bytes golden = {
      'R',  'N',  'R',  'A',  1,    2,                                      // head
      0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,                       // node
      0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,                       //
      1,    2,    3,    4,    5,    6,    7,    8,    0x22, 0xb9,           // boot, port
      2,    4,    10,   0,    0,    5,    0x22, 0xba,                       // first address
      6,    0xfd, 0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0,  // second
      0,    0,    0,    5,    0x22, 0xb9};
  CHECK(encode(sample()) == golden);
}

TEST_CASE("the largest announcement fits its limit, and addresses past it are left out") {
  Announcement a = sample();
  a.addresses.assign(40, *wire::Address::parse("[fd00::5]:8889"));
  const core::Bytes bytes = encode(a);
  CHECK(bytes.size() <= Announcement::kMaxSize);
  CHECK(decode_announcement(bytes)->addresses.size() == Announcement::kMaxAddresses);
}

TEST_CASE("an announcement that is cut short or has a tail is refused") {
  core::Bytes bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(decode_announcement(core::ByteView(bytes).first(size)).has_error());
  }
  bytes.push_back(0);
  CHECK(decode_announcement(bytes).error().code == core::Errc::kMalformedFrame);
  bytes.resize(Announcement::kMaxSize + 1);
  CHECK(decode_announcement(bytes).has_error());
}

TEST_CASE("fields out of range are refused") {
  const core::Bytes good = encode(sample());
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    core::Bytes bytes = good;
    bytes[at] = value;
    return decode_announcement(bytes);
  };
  CHECK(with(0, 'X').error().code == core::Errc::kMalformedFrame);
  CHECK(with(4, 2).error().code == core::Errc::kVersionMismatch);
  CHECK(with(32, 17).has_error());
  CHECK(with(33, 5).has_error());    // neither 4 nor 6
  CHECK(with(34, 224).has_error());  // a multicast address
  CHECK(with(5, 0xf2).has_value());  // unknown flags are ignored

  Announcement nobody = sample();
  nobody.node = {};
  CHECK(decode_announcement(encode(nobody)).has_error());
  Announcement nowhere = sample();
  nowhere.port = 0;
  CHECK(decode_announcement(encode(nowhere)).has_error());
}

TEST_CASE("an IPv4 address in the form of IPv6 is refused") {
  core::Bytes bytes = encode(sample());
  bytes.resize(bytes.size() - 19);
  const core::Bytes mapped = {6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 5, 0x22, 0xb9};
  bytes.insert(bytes.end(), mapped.begin(), mapped.end());
  CHECK(decode_announcement(bytes).has_error());
}

TEST_CASE("random and mutated datagrams are refused or read, never worse") {
  core::SeededRandom random(3);
  const core::Bytes good = encode(sample());
  for (int round = 0; round < 20000; ++round) {
    core::Bytes bytes = good;
    const std::uint64_t flips = random.below(6);
    for (std::uint64_t i = 0; i <= flips; ++i) {
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    }
    const auto decoded = decode_announcement(bytes);
    if (decoded.has_value()) {
      CHECK(decode_announcement(encode(*decoded)).has_value());
    }
  }
}
