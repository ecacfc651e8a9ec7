// The control frame by which a node tells which version of a network's key it holds, type 0x2c, for
// the networks that it shares with the receiver. A peer that does not know it skips it.
//
// Pure functions over bytes. The decoder refuses with kMalformedFrame; unknown keys are skipped.
#pragma once

#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace runard::wire {

struct KeyHeld {
  core::NetworkId network;
  std::uint64_t version = 0;  // the newest; from 1
  friend bool operator==(const KeyHeld&, const KeyHeld&) = default;
};

inline constexpr std::size_t kMaxKeysHeld = 256;

// At most kMaxKeysHeld; what exceeds them is left out.
core::Bytes encode(const std::vector<KeyHeld>& held);
core::Result<std::vector<KeyHeld>> decode_keys_held(core::ByteView bytes);

}  // namespace runard::wire
