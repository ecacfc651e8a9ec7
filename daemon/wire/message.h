// What REQUEST, REPLY and EVENT frames have in common: a body of {u16 header length, header,
// payload}. The payload is what the header leaves of the body.
//
// A header may be longer than this version knows: what follows the known fields is ignored, so a
// newer minor version can add fields at the end.
#pragma once

#include <cstdint>
#include <span>

#include "core/fixed_list.h"
#include "core/ids.h"
#include "core/result.h"
#include "rpc/handler.h"
#include "wire/cursor.h"
#include "wire/limits.h"

namespace runard::wire {

// The two parts of a message body. Borrowed.
struct MessageParts {
  core::ByteView header;
  core::ByteView payload;
};
core::Result<MessageParts> split_message(core::ByteView body);

// The largest body of a message whose payload is at most `payload_limit`.
inline std::uint64_t max_message_body(std::uint64_t payload_limit) {
  return 2 + kMaxHeader + payload_limit;
}

// Metadata read from a header: a bounded list without an allocation.
using MetaList = core::FixedList<rpc::Pair, kMaxMeta>;

// Whether get_meta takes it; what is more than a header in all, its writer finds.
bool meta_fits(std::span<const rpc::Pair> meta);
std::size_t meta_size(std::span<const rpc::Pair> meta);
void put_meta(std::span<const rpc::Pair> meta, ByteWriter& writer);
void get_meta(ByteReader& reader, MetaList& meta);

// A profile at the end of a header: nothing at all where there is none.
inline std::size_t profile_size(const core::ProfileId& profile) {
  return profile.is_zero() ? 0 : profile.bytes.size();
}
inline void put_profile(const core::ProfileId& profile, ByteWriter& writer) {
  if (!profile.is_zero()) {
    writer.raw(profile.bytes);
  }
}
inline core::ProfileId get_profile(ByteReader& reader) {
  core::ProfileId profile;
  if (reader.left() >= profile.bytes.size()) {
    profile = core::ProfileId::from(reader.take(profile.bytes.size())).value_or(profile);
  }
  return profile;
}

// Begins a message in `out`: frame head, header length and room for the header, which the returned
// writer fills. The caller appends the payload, or sends it from where it is.
ByteWriter begin_message(std::uint64_t frame_type, std::size_t header, std::size_t payload,
                         core::Bytes& out);

}  // namespace runard::wire
