// Announcement: what a node shouts to the multicast group: "node X may be dialled at these places".
//
// An unsigned hint, to be tried and never believed: who answers there proves itself by certificate.
// It holds no network's, service's or host's name.
//
// Shape, at most 512 bytes, numbers most significant byte first:
//   0  magic "RNRA"       4  version 1        5  flags: 1 goodbye, 2 please answer
//   6  node id (16)      22  boot nonce (8)  30  UDP port
//  32  count of addresses (at most 16), then for each: 4 or 6, IP (4 or 16), UDP port
// The port goes with the address that the datagram came from. Unknown flags are ignored; anything
// else that differs (length included) is refused with kMalformedFrame, another version with
// kVersionMismatch.
#pragma once

#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "wire/address.h"

namespace runard::discovery {

struct Announcement {
  static constexpr std::size_t kMaxSize = 512;
  static constexpr std::size_t kMaxAddresses = 16;

  core::NodeId node;
  std::uint64_t boot = 0;  // random for each run: a new one means that the node has restarted
  std::uint16_t port = 0;
  bool goodbye = false;
  bool please_answer = false;
  std::vector<wire::Address> addresses;  // where it may be dialled besides
  friend bool operator==(const Announcement&, const Announcement&) = default;
};

// Addresses past kMaxAddresses are left out.
core::Bytes encode(const Announcement& announcement);
core::Result<Announcement> decode_announcement(core::ByteView datagram);

}  // namespace runard::discovery
