// Other stanzas for the same message: core, ciphertexts and signature stay as they are.
#pragma once

#include <span>

#include "core/buffer.h"
#include "envelope/key_schedule.h"
#include "envelope/layout.h"

namespace runard::envelope {

// A group's array of stanzas in CBOR, and its HMAC.
struct StanzaBlock {
  core::Bytes stanzas;
  Hash hmac{};
};

// One block a group. An empty Buffer when memory ran out.
core::Buffer with_stanzas(const EnvelopeView& view, std::span<const StanzaBlock> blocks);
// The block that a group has.
StanzaBlock block_of(const GroupView& group);

}  // namespace runard::envelope
