#include "wire/kept_keys.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hex.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::wire;

namespace {

KeptKey key(std::uint8_t byte) {
  KeptKey made;
  made.bytes.fill(byte);
  return made;
}

}  // namespace

TEST_CASE("kept keys have these bytes") {
  const auto golden = test::from_hex(
      "a10182"
      "50 07070707070707070707070707070707"
      "50 09090909090909090909090909090909");
  const std::vector<KeptKey> keys{key(7), key(9)};
  CHECK(encode_kept_keys(keys) == golden);
  CHECK(decode_kept_keys(golden).value() == keys);
}

TEST_CASE("kept keys: the most, one more, and whatever else is wrong") {
  const std::vector<KeptKey> most(kMaxKeptKeys, key(1));
  const core::Bytes bytes = encode_kept_keys(most);
  CHECK(decode_kept_keys(bytes).value() == most);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_kept_keys(core::ByteView(bytes).first(size)));
  }
  core::Bytes more = bytes;
  ++more[3];  // of the array's head: 33
  for (std::size_t i = bytes.size() - 17; i < bytes.size(); ++i) {
    more.push_back(bytes[i]);
  }
  CHECK_FALSE(decode_kept_keys(more));
  CHECK_FALSE(decode_kept_keys(core::Bytes{0xa1, 0x01, 0x81, 0x41, 0x00}));  // no id
  CHECK(decode_kept_keys(core::Bytes{0xa1, 0x05, 0x00}).value().empty());    // a newer version's
}
