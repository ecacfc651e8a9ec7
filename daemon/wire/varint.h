// Varint: the variable-length integer of QUIC (RFC 9000 section 16): 1, 2, 4 or 8 bytes, the top
// two bits of the first byte name the length. Values up to 2^62 - 1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace runard::wire {

inline constexpr std::uint64_t kMaxVarint = (1ULL << 62) - 1;

// 1, 2, 4 or 8.
std::size_t varint_size(std::uint64_t value);
// Writes varint_size(value) bytes to `out` and returns how many; value <= kMaxVarint.
std::size_t put_varint(std::uint64_t value, std::uint8_t* out);

struct Varint {
  std::uint64_t value = 0;
  std::size_t size = 0;  // 0: `bytes` ends inside the number
};
// Longer encodings than needed are read too, as RFC 9000 wants.
Varint get_varint(core::ByteView bytes);

}  // namespace runard::wire
