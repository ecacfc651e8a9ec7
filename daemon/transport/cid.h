// Cid: a QUIC connection id. Ours have kCidSize bytes; byte 0 is kept for the shard of a node with
// several I/O threads, the rest is random. Those that a dialler invents have 8 to 20.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/bytes.h"
#include "core/random.h"

namespace runard::transport {

inline constexpr std::size_t kCidSize = 16;

using ResetToken = std::array<std::uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN>;

struct Cid {
  std::uint8_t size = 0;
  std::array<std::uint8_t, NGTCP2_MAX_CIDLEN> bytes{};

  static Cid from(core::ByteView view) {
    Cid cid;
    cid.size = static_cast<std::uint8_t>(std::min(view.size(), cid.bytes.size()));
    std::memcpy(cid.bytes.data(), view.data(), cid.size);
    return cid;
  }
  static Cid from(const ngtcp2_cid& cid) { return from(core::ByteView(cid.data, cid.datalen)); }
  static Cid random(core::Random& random, std::size_t size = kCidSize) {
    Cid cid;
    cid.size = static_cast<std::uint8_t>(size);
    random.fill(std::span(cid.bytes).first(size));
    cid.bytes[0] = 0;
    return cid;
  }
  ngtcp2_cid native() const {
    ngtcp2_cid cid;
    ngtcp2_cid_init(&cid, bytes.data(), size);
    return cid;
  }
  core::ByteView view() const { return {bytes.data(), size}; }
  friend bool operator==(const Cid&, const Cid&) = default;
};

}  // namespace runard::transport
