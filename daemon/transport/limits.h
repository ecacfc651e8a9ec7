// Limits: every bound of the transport, with the values that a daemon starts with.
//
// Receive memory of one link is bounded by connection_window(): what all streams together may have
// sent without being consumed. Streams begin with a small window; a message that needs more waits
// for a grant, and grants of one link sum up to one message of the largest size, so neither many
// large messages nor one that never ends can hold more, and none can keep another from finishing.
// connection_memory() is the bound for what a peer makes ngtcp2 keep.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/clock.h"
#include "wire/message.h"

namespace runard::transport {

struct Rate {
  std::uint32_t burst;  // at least 1
  std::uint32_t per_second;
  std::uint32_t seconds = 1;  // per_second is for so many
};

struct Limits {
  std::size_t payload = 4 * 1024 * 1024;  // of one request, reply or event

  // Of one link.
  std::uint64_t request_streams = 256;          // requests in progress, each way
  std::uint64_t lane_streams = 16;              // lanes that the peer may open
  std::uint64_t request_window = 8 * 1024;      // of a request or reply before its grant
  std::uint64_t lane_window = 128 * 1024;       // events received and not yet consumed
  std::uint64_t control_window = 128 * 1024;    // a control frame always fits
  std::size_t waiting_calls = 1024;             // for a free stream
  std::size_t send_bytes = 8 * 1024 * 1024;     // requests queued or not acknowledged
  std::size_t reply_bytes = 64 * 1024 * 1024;   // replies queued or not acknowledged
  std::size_t reply_pause = 8 * 1024 * 1024;    // beyond it no further request is taken
  std::size_t own_memory = 256 * 1024;          // of send_bytes, and of reply_bytes, that does not
                                                // count as shared
  std::size_t control_bytes = 4 * 1024 * 1024;  // control frames queued or not acknowledged
  std::size_t lane_bytes = 1024 * 1024;         // events queued or not acknowledged, a lane

  // Of the whole endpoint. Half of shared_memory is for the requests and replies that it sends, of
  // which links that hold little more than the largest message have the second half for themselves:
  // who reads nothing leaves that to the others. See shared_grants() for what comes in.
  std::size_t shared_memory = 256 * 1024 * 1024;
  std::uint32_t calls = 65536;  // requests in progress, each way
  std::size_t links = 1024;
  std::size_t links_node = 4;         // of them with one node, while one takes another's place
  std::size_t half_open = 512;        // handshakes of strangers in progress; more are dropped
  std::size_t half_open_free = 64;    // of them, before an address has to be proved by a Retry
  std::size_t half_open_source = 32;  // of them, from one IPv4 address or IPv6 /64
  std::size_t dials = 160;            // of ours in progress

  // Work for those who have not proved who they are. A source is an IPv4 address or IPv6 /64.
  Rate stranger_packets{1024, 512};   // handshake packets from one source that are looked at
  Rate stranger_handshakes{128, 32};  // handshakes begun for one source
  Rate all_handshakes{1024, 400};     // and for all together
  Rate retries{5000, 5000};           // Retries sent
  Rate stray_answers{1000, 1000};     // stateless resets and version negotiations sent
  Rate stranger_resets{32, 16};       // of them resets, to one source

  // Guests: those who come without a certificate to get one.
  std::size_t guests = 32;        // at once
  std::size_t guests_source = 8;  // of them, from one source
  Rate guest_attempts{5, 5, 60};  // of one source; one that succeeds does not count
  core::Duration guest_timeout = std::chrono::seconds(15);  // unless Endpoint::keep_guest()

  core::Duration handshake_timeout = std::chrono::seconds(5);
  core::Duration idle_timeout = std::chrono::milliseconds(4000);
  core::Duration keep_alive = std::chrono::milliseconds(1300);
  core::Duration key_renewal = std::chrono::hours(1);           // packet keys of a link that lives
  core::Duration drain_grace = std::chrono::seconds(30);        // for the loser of two links
  core::Duration close_grace = std::chrono::milliseconds(250);  // to send what is queued
  // For a message to arrive whole, and for a peer to take some of what it is sent.
  core::Duration message_timeout = std::chrono::seconds(30);

  // Of what a queue of one link holds.
  std::uint64_t shared_part(std::size_t held) const {
    return held > own_memory ? held - own_memory : 0;
  }
  // Held by one queue of a link it may take the first half of the shared memory only.
  bool is_much(std::size_t held) const { return held > own_memory + max_message(); }
  // A quarter of shared_memory for requests and events of the peers, another for replies; the
  // largest message always fits.
  std::size_t shared_grants() const {
    return std::max<std::size_t>(shared_memory / 4, max_message());
  }
  std::uint64_t max_message() const { return wire::max_message_body(payload) + 64; }
  std::uint64_t connection_window() const {
    return 2 * request_streams * request_window + lane_streams * lane_window + control_window +
           max_message();
  }
  // What ngtcp2 may hold for one link: all that the window lets in, and its own tables.
  std::uint64_t connection_memory() const { return connection_window() + 8 * 1024 * 1024; }
};

}  // namespace runard::transport
