#include "wire/utf8.h"

#include <cstring>

namespace runard::wire {
namespace {

// How many bytes the character at the front has; 0 if it is none.
std::size_t character_size(core::ByteView bytes) {
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < size) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xf0 && bytes[1] < 0x90);
  const bool surrogate = lead == 0xed && bytes[1] > 0x9f;
  const bool beyond = lead == 0xf4 && bytes[1] > 0x8f;
  return overlong || surrogate || beyond ? 0 : size;
}

}  // namespace

bool valid_utf8(core::ByteView bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (!bytes.empty()) {
    std::uint64_t word = kHighBits;
    if (bytes.size() >= sizeof word) {
      std::memcpy(&word, bytes.data(), sizeof word);
    }
    if ((word & kHighBits) == 0) {
      bytes = bytes.subspan(sizeof word);
      continue;
    }
    const std::size_t size = character_size(bytes);
    if (size == 0) {
      return false;
    }
    bytes = bytes.subspan(size);
  }
  return true;
}

}  // namespace runard::wire
