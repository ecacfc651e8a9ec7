// The header of an EVENT frame. Byte table: README.md. One copy travels to a peer per event; the
// header says for whom it is there.
#pragma once

#include "core/ids.h"
#include "wire/message.h"

namespace runard::wire {

enum EventBit : std::uint8_t {
  kRetainedBit = 1U << 0,     // replayed, not live
  kGuaranteedBit = 1U << 1,   // wants an acknowledgement
  kRedeliveredBit = 1U << 2,  // may have been delivered before
  kForAllBit = 1U << 3,       // for every subscription that is in no group
  kTargetedBit = 1U << 4,     // published for this node alone
};

struct EventHeader {
  std::uint8_t bits = kForAllBit;  // EventBit; unknown ones are ignored
  rpc::Encoding encoding = rpc::Encoding::kRaw;
  core::NetworkId network;
  std::uint64_t instance = 0;
  std::uint64_t sequence = 0;
  std::uint64_t published_ms = 0;  // wall time since 1970
  std::uint64_t type = 0;          // of the payload
  std::string_view topic;
  std::string_view publisher;
  core::ProfileId owner;  // whose data it is; zero: nobody's
};

// Groups for which this peer's member was chosen.
using GroupList = core::FixedList<std::string_view, kMaxGroups>;

struct EventLists {
  MetaList meta;
  GroupList groups;
};

// Appends the frame up to the payload. Fails with kTooLarge or kInvalidArgument when a field is
// beyond its limit; `out` is then unchanged.
core::Result<void> put_event(const EventHeader& header, std::span<const rpc::Pair> meta,
                             std::span<const std::string_view> groups, std::size_t payload,
                             core::Bytes& out);
// Strings are borrowed from `header`.
core::Result<EventHeader> get_event(core::ByteView header, EventLists& lists);

}  // namespace runard::wire
