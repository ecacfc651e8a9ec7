// Core and Field: what an envelope says in clear, all of it bound to what is sealed.
//
// Values that borrow their bytes: from the caller when sealing, from the envelope when opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"
#include "envelope/key_address.h"
#include "envelope/suite.h"

namespace runard::envelope {

// As on the wire. A reply can't be replayed as an event, nor an event be slipped into a store.
enum class Kind : std::uint8_t { kRequest = 1, kReply = 2, kEvent = 3, kStored = 4 };

// What a message is part of.
struct Context {
  Kind kind = Kind::kRequest;
  std::string_view path;       // UTF-8, at most kMaxPath bytes
  core::ByteView correlation;  // of a reply: its request's; at most kMaxCorrelation bytes
};

struct Core {
  Suite suite = Suite::kX25519Aes;
  std::string_view type;  // of the value; UTF-8, at most kMaxType bytes
  std::optional<core::NetworkId> network;
  core::NodeId sender;
  MessageId id;
  std::uint64_t created_ms = 0;  // since 1970, by the sender's clock
  Context context;
};

// One field of the value. `path` is 1 to kMaxFieldPath bytes of UTF-8; `value` is one item of CBOR
// in the deterministic encoding of RFC 8949 section 4.2.1, nested at most kMaxFieldDepth deep.
struct Field {
  std::string_view path;
  core::ByteView value;
};

}  // namespace runard::envelope
