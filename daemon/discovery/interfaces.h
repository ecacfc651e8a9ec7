// The network interfaces that multicast discovery can use, as they are now.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"

namespace runard::discovery {

struct Interface {
  std::string name;
  unsigned index = 0;
  bool loopback = false;
  bool v4 = false;  // has an address of that family
  bool v6 = false;
  std::vector<core::Bytes> addresses;  // 4 or 16 bytes each; no link-local ones
  friend bool operator==(const Interface&, const Interface&) = default;
};

// Up, able to multicast, not point-to-point. The loopback interface only when there is no other, so
// that nodes of one host find each other on a machine without a network. `only`: those names,
// whatever they are; empty for all that fit.
std::vector<Interface> usable_interfaces(const std::vector<std::string>& only);

}  // namespace runard::discovery
