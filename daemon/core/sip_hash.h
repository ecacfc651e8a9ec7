// SipHash: a keyed hash of short texts and ids that others choose. Without the key they could
// choose ones that collide and make every look-up slow.
//
// Source: Aumasson, Bernstein: "SipHash: a fast short-input PRF". SipHash<2, 4> is theirs;
// SipHash<1, 3> has the reduced rounds that hash tables use. A value; any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/bytes.h"

namespace runard::core {

template <int kRounds, int kLastRounds>
class SipHash {
 public:
  SipHash(std::uint64_t key0, std::uint64_t key1)
      : v0_(key0 ^ 0x736f6d6570736575ULL),
        v1_(key1 ^ 0x646f72616e646f6dULL),
        v2_(key0 ^ 0x6c7967656e657261ULL),
        v3_(key1 ^ 0x7465646279746573ULL) {}

  // Each call adds bytes that end with their length, so what was one is never taken for two.
  void absorb(ByteView bytes) {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      absorb(word);
    }
    std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
    for (std::size_t i = 0; i < left; ++i) {
      last |= static_cast<std::uint64_t>(at[i]) << (8 * i);
    }
    absorb(last);
  }
  std::uint64_t finish() {
    v2_ ^= 0xff;
    rounds<kLastRounds>();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void absorb(std::uint64_t word) {
    v3_ ^= word;
    rounds<kRounds>();
    v0_ ^= word;
  }
  template <int kCount>
  void rounds() {
    for (int i = 0; i < kCount; ++i) {
      v0_ += v1_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v3_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ += v3_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ += v1_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace runard::core
