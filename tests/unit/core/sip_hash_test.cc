#include "core/sip_hash.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

using namespace runard::core;

// The reference's vectors: key 00..0f, message 00, 01, 02 … of that length.
TEST_CASE("SipHash-2-4 gives the values of its paper") {
  std::array<std::uint8_t, 64> message{};
  std::iota(message.begin(), message.end(), std::uint8_t{0});
  const auto hash = [&](std::size_t size) {
    SipHash<2, 4> state(0x0706050403020100, 0x0f0e0d0c0b0a0908);
    state.absorb(ByteView(message).first(size));
    return state.finish();
  };
  CHECK(hash(0) == 0x726fdb47dd0e0e31);
  CHECK(hash(1) == 0x74f839c593dc67fd);
  CHECK(hash(8) == 0x93f5f5799a932462);
  CHECK(hash(15) == 0xa129ca6149be45e5);
}

TEST_CASE("two texts hash otherwise than the one they make together") {
  const auto hash = [](std::initializer_list<std::string_view> texts) {
    SipHash<1, 3> state(1, 2);
    for (const std::string_view text : texts) {
      state.absorb(as_bytes(text));
    }
    return state.finish();
  };
  CHECK(hash({"ab", "c"}) != hash({"a", "bc"}));
  CHECK(hash({"ab", "c"}) != hash({"abc"}));
  CHECK(hash({"abc", ""}) != hash({"abc"}));
}
