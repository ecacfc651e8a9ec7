// Frames: what streams consist of. A stream begins with a varint, its type; then frames follow,
// each {varint type, varint length, body of that length}.
//
// An odd frame type is critical: a receiver that does not know it ends the stream (the link, on the
// control stream). Even ones are skipped. Types are given out once, for all streams together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace runard::wire {

enum class StreamType : std::uint64_t {
  kControl = 1,  // bidirectional, one a link, opened by the dialler
  kRequest = 2,  // bidirectional, one a request: REQUEST one way, REPLY the other
  kLane = 3,     // unidirectional: events in order
};

enum FrameType : std::uint64_t {
  kHello = 0x01,  // control: the first frame each way
  kDrain = 0x02,  // control: the sender has nothing more on the way on this link
  kRequest = 0x05,
  kReply = 0x07,
  kEvent = 0x09,
  // Control frames of the modules above transport, opaque to it.
  kFirstOpaque = 0x20,
  kLastOpaque = 0x3fff,
};

inline bool is_critical(std::uint64_t frame_type) {
  return (frame_type & 1) != 0;
}

struct FrameHead {
  std::uint64_t type = 0;
  std::uint64_t length = 0;
  std::size_t size = 0;  // of the head itself; 0: `bytes` ends inside it
};
FrameHead get_frame_head(core::ByteView bytes);

// Appends the head of a frame whose body of `length` bytes follows.
void put_frame_head(std::uint64_t type, std::uint64_t length, core::Bytes& out);
std::size_t frame_head_size(std::uint64_t type, std::uint64_t length);
// Appends a whole frame.
void put_frame(std::uint64_t type, core::ByteView body, core::Bytes& out);

inline constexpr std::size_t kMaxFrameHead = 16;

}  // namespace runard::wire
