// The payloads of `$events/past`: the question for retained events, and a page of them. Byte table:
// README.md, "Retained events".
//
// Pure functions over bytes. Decoders refuse with kMalformedFrame; unknown keys are skipped.
#pragma once

#include "core/ids.h"
#include "rpc/past.h"

namespace runard::wire {

inline constexpr std::size_t kMaxPastEvents = 4096;  // of one page

// `query.network` does not travel: it is the request's.
core::Bytes encode(const rpc::PastQuery& query);
core::Result<rpc::PastQuery> decode_past_query(core::ByteView bytes);

core::Bytes encode(const rpc::PastPage& page);
// The events own what they hold: they are of this network, by the receiver's name, and of that
// node. Whether a topic is one, and one that was asked for, is not looked at.
core::Result<rpc::PastPage> decode_past_page(core::ByteView bytes, std::string_view network,
                                             const core::NodeId& source);

}  // namespace runard::wire
