#include "envelope/group_aad.h"

namespace runard::envelope {

// The header as [labels, commitment] instead of [labels, commitment, size, hash].
void GroupAad::add(core::ByteView labels, core::ByteView commitment) {
  constexpr std::uint8_t kArrayOfTwo[] = {0x82};
  constexpr std::uint8_t kBytes32[] = {0x58, 0x20};
  hasher_.update(kArrayOfTwo);
  hasher_.update(labels);
  hasher_.update(kBytes32);
  hasher_.update(commitment);
}

GroupAad::Bytes GroupAad::of(std::size_t group, core::ByteView labels) const {
  Bytes aad;
  aad.add(core_hash_).add_number(static_cast<std::uint8_t>(group)).add(labels);
  return aad;
}

}  // namespace runard::envelope
