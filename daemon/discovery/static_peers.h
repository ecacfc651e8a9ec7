// StaticPeers: the peers that the operator named, as sightings without end. A name stays a name: it
// is looked up by the transport each time it is dialled.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "discovery/sightings.h"

namespace runard::discovery {

// "host:port" or "[v6]:port" taken apart. The host may be a name, the v6 address may have a zone.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  static core::Result<HostPort> parse(const std::string& text);  // kAddressUnusable
};

// Tells each of them once, as a static sighting. kAddressUnusable names the first text that can't
// be one; then nothing is told.
core::Result<void> tell_static_peers(const std::vector<std::string>& peers, Sightings& sightings);

}  // namespace runard::discovery
