// Why a stream or a link ended, as QUIC application error codes. Numbers are never reused.
#pragma once

#include <cstdint>

namespace runard::wire {

// In CONNECTION_CLOSE.
enum class CloseCode : std::uint64_t {
  kNormal = 0,           // the node stops, or has no more use for the link
  kInternal = 1,         // the sender met a defect of its own
  kProtocol = 2,         // streams or frames in an order that the protocol does not have
  kMalformed = 3,        // a frame that can't be decoded, or an unknown critical one
  kVersion = 4,          // no wire version in common
  kNoCommonNetwork = 5,  // members of no common network
  kSelf = 6,             // the node dialled itself
  kDuplicate = 7,        // a better link to the same node exists
  kWrongPeer = 8,        // another node than the one that was dialled
  kOverloaded = 9,       // a limit of the sender is reached
  kDenied = 10,          // the node is shut out: denied, or its CA is trusted no more
};

// In RESET_STREAM and STOP_SENDING of a request's stream.
enum class ResetCode : std::uint64_t {
  kCancelled = 0x10,  // the caller gave up
  kDeadline = 0x11,   // the caller's time ran out
  kMalformed = 0x12,  // a frame that can't be decoded
  kTooLarge = 0x13,   // beyond the receiver's limit; nothing was executed
  kRefused = 0x14,    // not taken; nothing was executed
  kNotNeeded = 0x15,  // the answer is complete, the rest of the request was not read
  kUnknown = 0x16,    // a stream type that the receiver does not know
  kInternal = 0x17,
};

}  // namespace runard::wire
