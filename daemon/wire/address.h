// Address: a numeric IP address with a UDP port, as announcements and control frames carry it.
//
// Shape: 4 or 16 address bytes, then the port, most significant byte first: 6 or 18 bytes. Names
// and IPv6 zones have no form here, so no peer can make a node resolve a name. A value type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"

namespace runard::wire {

class Address {
 public:
  static constexpr std::size_t kV4Size = 6;
  static constexpr std::size_t kV6Size = 18;

  // "10.0.0.5:8889" or "[fd00::5]:8889". An IPv4-mapped IPv6 address becomes the IPv4 one.
  static std::optional<Address> parse(std::string_view text);
  // Exactly 6 or 18 bytes that name one reachable place: neither the unspecified address, nor
  // multicast or broadcast, nor port 0.
  static std::optional<Address> decode(core::ByteView bytes);
  static std::optional<Address> make(core::ByteView ip, std::uint16_t port);

  bool v4() const { return size_ == kV4Size; }
  core::ByteView ip() const { return encoded().first(size_ - 2U); }
  std::uint16_t port() const;
  core::ByteView encoded() const { return core::ByteView(bytes_).first(size_); }
  std::string text() const;
  bool loopback() const;
  // Of one link only, thus useless to a third node: fe80::/10, 169.254/16.
  bool link_local() const;

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  Address() = default;
  bool usable() const;

  std::uint8_t size_ = 0;
  std::array<std::uint8_t, kV6Size> bytes_{};
};

}  // namespace runard::wire
