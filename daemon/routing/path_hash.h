// PathHash: a keyed hash of paths, which peers choose. A value; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/sip_hash.h"

namespace runard::routing {

class PathHash {
 public:
  PathHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  std::uint64_t operator()(std::string_view text) const {
    core::SipHash<1, 3> hash(key0_, key1_);
    hash.absorb(core::as_bytes(text));
    return hash.finish();
  }
  // Of two texts, as one message.
  std::uint64_t operator()(std::string_view first, std::string_view second) const {
    core::SipHash<1, 3> hash(key0_, key1_);
    hash.absorb(core::as_bytes(first));
    hash.absorb(core::as_bytes(second));
    return hash.finish();
  }

 private:
  std::uint64_t key0_;
  std::uint64_t key1_;
};

}  // namespace runard::routing
