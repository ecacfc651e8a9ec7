#include "envelope/restanza.h"

#include <algorithm>

#include "core/check.h"
#include "wire/cbor.h"

namespace runard::envelope {

core::Buffer with_stanzas(const EnvelopeView& view, std::span<const StanzaBlock> blocks) {
  RUNARD_CHECK(blocks.size() == view.group_count);
  core::Bytes out;
  wire::CborWriter writer(out);
  const auto raw = [&](core::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  writer.array(3);
  raw(view.core_bytes);
  writer.array(view.group_count);
  for (std::size_t i = 0; i < view.group_count; ++i) {
    writer.array(3);
    raw(blocks[i].stanzas);
    writer.bytes(blocks[i].hmac);
    writer.bytes(view.groups()[i].ciphertext);
  }
  raw(view.tail);
  return core::Buffer::copy(out);
}

StanzaBlock block_of(const GroupView& group) {
  StanzaBlock block{{group.stanzas.begin(), group.stanzas.end()}, {}};
  std::ranges::copy(group.hmac, block.hmac.begin());
  return block;
}

}  // namespace runard::envelope
