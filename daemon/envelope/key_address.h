// KeyAddress: the name of a key that envelopes are sealed to. A hint and no proof: whoever seals
// picks it, and only opening shows that it was true.
#pragma once

#include <compare>
#include <cstdint>

#include "core/ids.h"

namespace runard::envelope {

using KeyId = core::Id16<struct KeyTag>;
using MessageId = core::Id16<struct MessageTag>;

// As on the wire.
enum class KeyKind : std::uint8_t {
  kProfile = 1,  // id: the profile's
  kNetwork = 2,  // id: the network's
  kNode = 3,     // id: the node's
  kEpoch = 4,    // id: of a key that its sender uses for an hour (epoch_keys.h)
};

struct KeyAddress {
  KeyKind kind = KeyKind::kProfile;
  KeyId id;
  std::uint32_t version = 0;
  friend auto operator<=>(const KeyAddress&, const KeyAddress&) = default;
};

}  // namespace runard::envelope
