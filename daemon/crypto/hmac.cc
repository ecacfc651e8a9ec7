#include "crypto/hmac.h"

#include <algorithm>

namespace runard::crypto {

void HmacSha256::set_key(core::ByteView key) {
  inner_.finish();  // forgets an unfinished message
  SecretArray<kBlockSize> block;
  if (key.size() > kBlockSize) {
    inner_.update(key);
    std::ranges::copy(inner_.finish(), block.bytes().begin());
  } else {
    std::ranges::copy(key, block.bytes().begin());
  }
  for (std::size_t i = 0; i < kBlockSize; ++i) {
    inner_pad_.bytes()[i] = block.view()[i] ^ 0x36;
    outer_pad_.bytes()[i] = block.view()[i] ^ 0x5c;
  }
  inner_.update(inner_pad_.view());
}

void HmacSha256::finish(std::span<std::uint8_t, 32> out) {
  outer_.update(outer_pad_.view());
  outer_.update(inner_.finish());
  std::ranges::copy(outer_.finish(), out.begin());
  inner_.update(inner_pad_.view());
}

}  // namespace runard::crypto
