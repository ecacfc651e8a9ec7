// Stats: counters of the transport, a copy for whoever shows them.
#pragma once

#include <cstdint>
#include <map>

#include "core/errors.h"

namespace runard::transport {

struct Stats {
  std::uint64_t links = 0;           // up now
  std::uint64_t half_open = 0;       // handshakes of strangers in progress now
  std::uint64_t connection_ids = 0;  // by which packets find their link, now
  std::uint64_t reset_tokens = 0;    // of peers, now
  std::uint64_t handshakes = 0;      // completed, both roles
  std::uint64_t handshakes_failed = 0;
  // Links refused or cut, by reason: only reasons of kind kDenied, so there are a few at most.
  std::map<core::Errc, std::uint64_t> refused{};
  std::uint64_t guests = 0;          // let in, without a certificate
  std::uint64_t guests_refused = 0;  // by a limit
  std::uint64_t dials = 0;           // attempts begun
  std::uint64_t duplicates = 0;      // links that lost against another to the same node
  std::uint64_t retries_sent = 0;
  std::uint64_t initials_dropped = 0;  // by a limit
  std::uint64_t resets_sent = 0;
  std::uint64_t resets_received = 0;
  std::uint64_t datagrams_received = 0;
  std::uint64_t datagrams_unknown = 0;  // for no link
  std::uint64_t events_too_large = 0;   // for this node's limit, and skipped
  std::uint64_t calls_sent = 0;
  std::uint64_t calls_received = 0;  // replies made by this node
};

}  // namespace runard::transport
