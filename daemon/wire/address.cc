#include "wire/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace runard::wire {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool starts_with(core::ByteView bytes, core::ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

std::optional<Address> parse_ip(const std::string& host, bool v6, std::uint16_t port) {
  std::array<std::uint8_t, 16> ip{};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), ip.data()) != 1) {
    return std::nullopt;
  }
  return Address::make(core::ByteView(ip).first(v6 ? 16 : 4), port);
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() > INET6_ADDRSTRLEN + 8) {
    return std::nullopt;
  }
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  return parse_ip(std::string(host), bracketed, *port);
}

std::optional<Address> Address::decode(core::ByteView bytes) {
  if (bytes.size() != kV4Size && bytes.size() != kV6Size) {
    return std::nullopt;
  }
  const std::size_t ip_size = bytes.size() - 2;
  return make(bytes.first(ip_size),
              static_cast<std::uint16_t>((bytes[ip_size] << 8) | bytes[ip_size + 1]));
}

std::optional<Address> Address::make(core::ByteView ip, std::uint16_t port) {
  if (ip.size() == 16 && starts_with(ip, kMappedPrefix)) {
    ip = ip.subspan(kMappedPrefix.size());
  }
  if (ip.size() != 4 && ip.size() != 16) {
    return std::nullopt;
  }
  Address address;
  address.size_ = static_cast<std::uint8_t>(ip.size() + 2);
  std::copy(ip.begin(), ip.end(), address.bytes_.begin());
  address.bytes_[ip.size()] = static_cast<std::uint8_t>(port >> 8);
  address.bytes_[ip.size() + 1] = static_cast<std::uint8_t>(port);
  return address.usable() ? std::optional(address) : std::nullopt;
}

std::uint16_t Address::port() const {
  return static_cast<std::uint16_t>((bytes_[size_ - 2U] << 8) | bytes_[size_ - 1U]);
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v4() ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return v4() ? fmt::format("{}:{}", buffer.data(), port())
              : fmt::format("[{}]:{}", buffer.data(), port());
}

bool Address::loopback() const {
  constexpr std::array<std::uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0, 0, 0, 0, 1};
  return v4() ? bytes_[0] == 127 : starts_with(ip(), kLoopback6);
}

bool Address::link_local() const {
  return v4() ? bytes_[0] == 169 && bytes_[1] == 254
              : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool Address::usable() const {
  const auto host = ip();
  const bool unspecified = std::all_of(host.begin(), host.end(), [](auto b) { return b == 0; });
  const bool group = v4() ? bytes_[0] >= 224 : bytes_[0] == 0xff;  // 240/4 and broadcast too
  return !unspecified && !group && !(v4() && bytes_[0] == 0) && port() != 0;
}

}  // namespace runard::wire
