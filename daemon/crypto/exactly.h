// exactly<N>: how bytes of any length become a key, a nonce or a tag of the one length there is.
#pragma once

#include <optional>
#include <span>

#include "core/bytes.h"

namespace runard::crypto {

// Empty unless `bytes` are N bytes.
template <std::size_t N>
std::optional<std::span<const std::uint8_t, N>> exactly(core::ByteView bytes) {
  if (bytes.size() != N) {
    return std::nullopt;
  }
  return bytes.first<N>();
}

}  // namespace runard::crypto
