#include "crypto/hkdf.h"

#include <algorithm>

namespace runard::crypto {

void Hkdf::extract(core::ByteView key_material) {
  SecretArray<32> key;
  salted_.update(key_material);
  salted_.finish(key.bytes());
  keyed_.set_key(key.view());
}

bool Hkdf::expand(core::ByteView info, std::span<std::uint8_t> out) {
  if (out.size() > kMaxHkdfOutput) {
    return false;
  }
  SecretArray<32> block;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < out.size(); done += block.view().size()) {
    if (++counter > 1) {
      keyed_.update(block.view());
    }
    keyed_.update(info);
    keyed_.update({&counter, 1});
    keyed_.finish(block.bytes());
    const std::size_t size = std::min(block.view().size(), out.size() - done);
    std::ranges::copy(block.view().first(size), out.begin() + static_cast<std::ptrdiff_t>(done));
  }
  return true;
}

}  // namespace runard::crypto
