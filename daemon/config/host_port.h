// HostPort: where a socket listens or whom to dial.
#pragma once

#include <cstdint>
#include <string>

namespace runard::config {

struct HostPort {
  std::string host;  // an address without brackets ("10.0.0.5", "fe80::1%eth0") or a name
  std::uint16_t port = 0;

  // "10.0.0.5:8889", "[::]:8889", "node-b.example:8889"
  std::string text() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

}  // namespace runard::config
