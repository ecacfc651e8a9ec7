// PathHash: a keyed hash of short texts. Peers choose the texts, so without the key they could
// choose ones that collide and make every look-up slow.
//
// Source: SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", with the reduced
// rounds that hash tables use). A value; any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace runard::routing {

class PathHash {
 public:
  PathHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  std::uint64_t operator()(std::string_view text) const {
    State state = begin();
    state.absorb(text);
    return state.finish();
  }
  // Of two texts, as one message: each ends with its length.
  std::uint64_t operator()(std::string_view first, std::string_view second) const {
    State state = begin();
    state.absorb(first);
    state.absorb(second);
    return state.finish();
  }

 private:
  struct State {
    std::uint64_t v0, v1, v2, v3;

    void absorb(std::string_view text) {
      const char* at = text.data();
      std::size_t left = text.size();
      for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        absorb(word);
      }
      std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
      for (std::size_t i = 0; i < left; ++i) {
        last |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
      }
      absorb(last);
    }

    void round() {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) {
      v3 ^= word;
      round();
      v0 ^= word;
    }
    std::uint64_t finish() {
      v2 ^= 0xff;
      round();
      round();
      round();
      return v0 ^ v1 ^ v2 ^ v3;
    }
  };

  State begin() const {
    return {key0_ ^ 0x736f6d6570736575ULL, key1_ ^ 0x646f72616e646f6dULL,
            key0_ ^ 0x6c7967656e657261ULL, key1_ ^ 0x7465646279746573ULL};
  }

  std::uint64_t key0_;
  std::uint64_t key1_;
};

}  // namespace runard::routing
