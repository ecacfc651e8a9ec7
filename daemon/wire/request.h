// The header of a REQUEST frame. Byte table: README.md.
#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "wire/message.h"

namespace runard::wire {

enum RequestBit : std::uint8_t {
  kIdempotentBit = 1U << 0,  // may be repeated when its outcome is unknown
};

struct RequestHeader {
  std::uint8_t bits = 0;  // RequestBit; unknown ones are ignored
  rpc::Encoding encoding = rpc::Encoding::kRaw;
  std::uint8_t depth = 0;
  core::NetworkId network;
  std::uint64_t trace = 0;
  std::uint64_t type = 0;          // of the payload
  std::uint64_t remaining_us = 0;  // until the deadline; 0: none
  std::string_view path;
  std::string_view service;  // the caller's
  core::ProfileId profile;   // that the caller asks for, as it says; zero: none
};

// Whole microseconds from `now` until `deadline`, at least 1; 0 when there is no deadline.
std::uint64_t remaining_us(core::TimePoint deadline, core::TimePoint now);
core::TimePoint deadline_after(std::uint64_t remaining_us, core::TimePoint now);

// Appends the frame up to the payload. Fails with kTooLarge or kInvalidArgument when a field is
// beyond its limit; `out` is then unchanged.
core::Result<void> put_request(const RequestHeader& header, std::span<const rpc::Pair> meta,
                               std::size_t payload, core::Bytes& out);
// Strings are borrowed from `header`.
core::Result<RequestHeader> get_request(core::ByteView header, MetaList& meta);

}  // namespace runard::wire
