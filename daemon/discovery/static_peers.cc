#include "discovery/static_peers.h"

#include <charconv>

namespace runard::discovery {

core::Result<HostPort> HostPort::parse(const std::string& text) {
  const auto wrong = [&] {
    return core::fail(core::Errc::kAddressUnusable, "\"" + text + "\" is not host:port");
  };
  constexpr std::size_t kMaxText = 253 + 8;  // the longest name of the DNS, and a port
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || text.size() > kMaxText) {
    return wrong();
  }
  HostPort parsed{text.substr(0, colon), 0};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, parsed.port);
  const bool bracketed = parsed.host.starts_with('[') && parsed.host.ends_with(']');
  if (bracketed) {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  }
  const bool v6 = parsed.host.find(':') != std::string::npos;
  const bool odd =
      parsed.host.find_first_of(std::string_view(" \t\r\n/[]\0", 8)) != std::string::npos;
  if (read.ec != std::errc() || read.ptr != end || parsed.port == 0 || parsed.host.empty() ||
      v6 != bracketed || odd) {
    return wrong();
  }
  return parsed;
}

core::Result<void> tell_static_peers(const std::vector<std::string>& peers, Sightings& sightings) {
  for (const std::string& peer : peers) {
    const auto parsed = HostPort::parse(peer);
    if (parsed.has_error()) {
      return parsed.error();
    }
  }
  for (const std::string& peer : peers) {
    sightings.seen({{peer}, {}, core::Duration(0), false});
  }
  return {};
}

}  // namespace runard::discovery
