#include "wire/keys_held.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hex.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::wire;
using core::Errc;

namespace {

core::NetworkId network(std::uint8_t byte) {
  core::NetworkId id;
  id.bytes.fill(byte);
  return id;
}

}  // namespace

TEST_CASE("keys held have these bytes, and come back") {
  const std::vector<KeyHeld> held{{network(0xaa), 1}, {network(0xbb), 300}};
  const core::Bytes bytes = encode(held);
  CHECK(bytes == test::from_hex("a10182"
                                "a20150aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0201"
                                "a20150bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb0219012c"));
  CHECK(*decode_keys_held(bytes) == held);
  CHECK(decode_keys_held(encode(std::vector<KeyHeld>{}))->empty());
}

TEST_CASE("keys held that are cut, too many, without a network or a version are refused") {
  const core::Bytes good = encode(std::vector<KeyHeld>{{network(1), 7}});
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(decode_keys_held(core::ByteView(good).first(size)).error().code == Errc::kMalformedFrame);
  }
  CHECK_FALSE(decode_keys_held(encode(std::vector<KeyHeld>{{network(1), 0}})));
  CHECK_FALSE(decode_keys_held(core::Bytes{0xa1, 0x01, 0x81, 0xa2, 0x01, 0x41, 0xaa, 0x02, 0x01}));
  const std::vector<KeyHeld> most(kMaxKeysHeld + 5, {network(1), 7});
  CHECK(decode_keys_held(encode(most))->size() == kMaxKeysHeld);
  core::Bytes more = encode(std::vector<KeyHeld>(kMaxKeysHeld, {network(1), 7}));
  REQUIRE(more[2] == 0x99);
  more[4] = 1;  // 257 of them
  const core::Bytes one(good.begin() + 3, good.end());
  more.insert(more.end(), one.begin(), one.end());
  CHECK_FALSE(decode_keys_held(more));
}

TEST_CASE("a newer version's keys are skipped") {
  const auto held = decode_keys_held(core::Bytes{0xa2, 0x01, 0x80, 0x18, 0x63, 0x01});
  REQUIRE(held);
  CHECK(held->empty());
}
