// Text to quantity and back: durations, sizes, addresses.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/host_port.h"
#include "config/scalar.h"
#include "core/clock.h"

namespace runard::config {

template <class T>
using Parsed = boost::system::result<T, Complaint>;

// Decimal digits only.
Parsed<std::uint64_t> parse_number(std::string_view text);

// A whole number and its unit: "500ms", "5s", "10m", "2h", "30d"; also ns and us.
Parsed<core::Duration> parse_duration(std::string_view text);
// The largest unit that needs no fraction.
std::string duration_text(core::Duration duration);

// A whole number, alone or with B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB.
Parsed<std::uint64_t> parse_size(std::string_view text);
std::string size_text(std::uint64_t bytes);

// What an address is for decides what it may be.
enum class AddressUse : std::uint8_t {
  kListen,     // an IP address; port 0 lets the system choose
  kAdvertise,  // an IP address of one node and a port: what other nodes are told is numbers
  kDial,       // an IP address or a name, and a port
  kMulticast,  // a multicast IP address and a port
};
Parsed<HostPort> parse_address(std::string_view text, AddressUse use);

}  // namespace runard::config
