// The control frame 0x2e: "these keys of yours I keep", so that sealed payloads need no more than
// name them. Byte table: README.md.
//
// Pure functions over bytes. The decoder refuses with kMalformedFrame; unknown keys are skipped.
#pragma once

#include <span>
#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace runard::wire {

using KeptKey = core::Id16<struct KeptKeyTag>;  // an epoch's id, as envelopes name it
inline constexpr std::size_t kMaxKeptKeys = 32;

// At most kMaxKeptKeys.
core::Bytes encode_kept_keys(std::span<const KeptKey> keys);
core::Result<std::vector<KeptKey>> decode_kept_keys(core::ByteView bytes);

}  // namespace runard::wire
