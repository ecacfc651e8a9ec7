// Address: an IPv4 or IPv6 address with a UDP port. A value: comparable, hashable.
//
// Text shape: "10.0.0.5:8889", "[2001:db8::1]:8889", "[fe80::1%3]:8889". IPv4 addresses that the
// kernel shows as mapped into IPv6 are held as IPv4, so one peer has one address.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runard::transport {

class Address {
 public:
  Address() = default;  // of no family
  // Null for families other than IPv4 and IPv6.
  static std::optional<Address> from(const sockaddr* address);
  // Numeric only: never asks a name server.
  static std::optional<Address> parse(std::string_view text);
  static Address any_v4(std::uint16_t port);
  static Address any_v6(std::uint16_t port);

  bool is_v4() const { return storage_.any.sa_family == AF_INET; }
  bool is_v6() const { return storage_.any.sa_family == AF_INET6; }
  bool is_wildcard() const;
  std::uint16_t port() const;
  Address with_port(std::uint16_t port) const;
  // The same address as a socket of family AF_INET6 wants it.
  Address mapped() const;
  std::string text() const;

  const sockaddr* data() const { return &storage_.any; }
  socklen_t size() const { return is_v4() ? sizeof storage_.v4 : sizeof storage_.v6; }
  const sockaddr_in& v4() const { return storage_.v4; }
  const sockaddr_in6& v6() const { return storage_.v6; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_{};
};

// "host:port" or "[v6]:port" taken apart; the host may be a name.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  static std::optional<HostPort> parse(std::string_view text);
};

}  // namespace runard::transport
