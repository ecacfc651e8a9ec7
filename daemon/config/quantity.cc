#include "config/quantity.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace runard::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Each is a multiple of the one before it.
constexpr Unit kDurations[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};
constexpr Unit kBinarySizes[] = {
    {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}};
constexpr Unit kSizes[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1'000},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", 1ull << 10},
    {"MiB", 1ull << 20},
    {"GiB", 1ull << 30},
    {"TiB", 1ull << 40},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view leading_digits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// number * factor, within int64: durations count in it, and no size comes near it.
Parsed<std::uint64_t> scaled(std::string_view text, std::string_view digits, std::uint64_t factor) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t number = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (end.ec != std::errc() || number > kMost / factor) {
    return Complaint{quoted(text) + " is too large", "write less"};
  }
  return number * factor;
}

bool is_ip(const std::string& host, int family) {
  unsigned char address[16];
  return inet_pton(family, host.c_str(), address) == 1;
}

// "fe80::1%eth0" names the interface after the %.
bool is_ip6(const std::string& host) {
  const std::size_t zone = host.find('%');
  const bool zone_fits =
      zone == std::string::npos || (zone + 1 < host.size() && host.size() - zone - 1 <= 15);
  return zone_fits && is_ip(host.substr(0, zone), AF_INET6);
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > 253) {
    return false;
  }
  std::size_t label = 0;
  bool has_letter = false;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    has_letter = has_letter || letter;
    label = c == '.' ? 0 : label + 1;
    if (!(letter || is_digit(c) || c == '-' || c == '.') || label > 63) {
      return false;
    }
  }
  return has_letter && host.front() != '.' && host.front() != '-' &&
         host.find("..") == std::string_view::npos;
}

bool is_multicast(const std::string& host) {
  unsigned char address[16];
  if (inet_pton(AF_INET, host.c_str(), address) == 1) {
    return address[0] >= 224 && address[0] <= 239;
  }
  return inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), address) == 1 &&
         address[0] == 0xff;
}

// 0.0.0.0, ::, and ::ffff:0.0.0.0: an address to listen at, not one to dial.
bool is_wildcard(const std::string& host) {
  unsigned char address[16] = {};
  const bool v4 = inet_pton(AF_INET, host.c_str(), address) == 1;
  if (!v4 && inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), address) != 1) {
    return false;
  }
  if (!v4 && address[10] == 0xff && address[11] == 0xff) {
    address[10] = address[11] = 0;
  }
  return std::ranges::all_of(address, [](unsigned char byte) { return byte == 0; });
}

std::optional<Complaint> check_host(std::string_view text, const std::string& host,
                                    AddressUse use) {
  const bool ip = is_ip(host, AF_INET) || is_ip6(host);
  if (use == AddressUse::kListen && !ip) {
    return Complaint{quoted(text) + " does not begin with an IP address",
                     "write [::]:8889 for all addresses"};
  }
  if (use == AddressUse::kAdvertise && !ip) {
    return Complaint{quoted(text) + " does not begin with an IP address",
                     "write the address that other nodes reach this one at; a name goes into their "
                     "discovery.peers"};
  }
  if (use == AddressUse::kAdvertise && (is_wildcard(host) || is_multicast(host))) {
    return Complaint{quoted(text) + " is not the address of one node",
                     "write the address that other nodes reach this one at; left out, they are "
                     "told of it as they see it"};
  }
  if (use == AddressUse::kMulticast && !(ip && is_multicast(host))) {
    return Complaint{quoted(text) + " is not a multicast address", "write 239.255.42.98:8888"};
  }
  if (!ip && !is_name(host)) {
    return Complaint{quoted(host) + " is neither an IP address nor a host name",
                     "write host:port or [v6]:port"};
  }
  return std::nullopt;
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || leading_digits(text).size() != text.size()) {
    return Complaint{quoted(text) + " is not a whole number", "write digits only"};
  }
  return scaled(text, text, 1);
}

Parsed<core::Duration> parse_duration(std::string_view text) {
  const std::string_view digits = leading_digits(text);
  const std::string_view unit = text.substr(digits.size());
  if (digits.empty()) {
    return Complaint{quoted(text) + " is not a duration",
                     "write a whole number and its unit, such as 500ms, 5s, 10m, 2h or 30d"};
  }
  if (unit.empty()) {
    return Complaint{quoted(text) + " has no unit", fmt::format("write {}s or {}ms", text, text)};
  }
  const auto known = std::find_if(std::begin(kDurations), std::end(kDurations),
                                  [unit](const Unit& u) { return u.name == unit; });
  if (known == std::end(kDurations)) {
    return Complaint{quoted(text) + " is not a duration",
                     "write a whole number and one of ns, us, ms, s, m, h, d"};
  }
  const auto nanoseconds = scaled(text, digits, known->factor);
  if (!nanoseconds) {
    return nanoseconds.error();
  }
  return core::Duration(static_cast<std::int64_t>(*nanoseconds));
}

std::string duration_text(core::Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) {
    return "0s";
  }
  const Unit* unit = &kDurations[0];
  for (const Unit& next : kDurations) {
    unit = count % next.factor == 0 ? &next : unit;
  }
  return fmt::format("{}{}", count / unit->factor, unit->name);
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const std::string_view digits = leading_digits(text);
  const std::string_view unit = text.substr(digits.size());
  const auto known = std::find_if(std::begin(kSizes), std::end(kSizes),
                                  [unit](const Unit& u) { return u.name == unit; });
  if (digits.empty() || known == std::end(kSizes)) {
    return Complaint{quoted(text) + " is not a size",
                     "write bytes, or a whole number and one of KiB, MiB, GiB, kB, MB, GB"};
  }
  return scaled(text, digits, known->factor);
}

std::string size_text(std::uint64_t bytes) {
  Unit unit{"", 1};
  for (const Unit& next : kBinarySizes) {
    unit = bytes != 0 && bytes % next.factor == 0 ? next : unit;
  }
  return fmt::format("{}{}", bytes / unit.factor, unit.name);
}

Parsed<HostPort> parse_address(std::string_view text, AddressUse use) {
  const std::size_t colon = text.rfind(':');
  const bool has_bracket = text.starts_with('[');
  if (!has_bracket && is_ip6(std::string(text))) {
    return Complaint{quoted(text) + " has no port", fmt::format("write [{}]:8889", text)};
  }
  if (colon == std::string_view::npos && parse_number(text)) {
    return Complaint{
        quoted(text) + " has no address",
        fmt::format("write {}:{}", use == AddressUse::kListen ? "[::]" : "HOST", text)};
  }
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return Complaint{quoted(text) + " has no port", fmt::format("write {}:8889", text)};
  }
  std::string host(text.substr(0, colon));
  if (has_bracket) {
    if (!host.ends_with(']') || !is_ip6(host.substr(1, host.size() - 2))) {
      return Complaint{quoted(text) + " is not an IPv6 address in brackets", "write [v6]:port"};
    }
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return Complaint{quoted(text) + " is ambiguous", "put an IPv6 address in brackets: [v6]:port"};
  }
  const auto port = parse_number(text.substr(colon + 1));
  const std::uint64_t least = use == AddressUse::kListen ? 0 : 1;
  if (!port || *port < least || *port > 65535) {
    return Complaint{quoted(text.substr(colon + 1)) + " is not a port",
                     fmt::format("write a number from {} to 65535", least)};
  }
  if (auto complaint = check_host(text, host, use)) {
    return std::move(*complaint);
  }
  return HostPort{std::move(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace runard::config
