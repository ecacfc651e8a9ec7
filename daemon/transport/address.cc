#include "transport/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <cstring>

namespace runard::transport {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(port) : std::nullopt;
}

// A scope is an interface's index or name.
std::optional<std::uint32_t> parse_scope(const std::string& text) {
  std::uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error == std::errc{} && end == text.data() + text.size()) {
    return index;
  }
  index = if_nametoindex(text.c_str());
  return index != 0 ? std::optional(index) : std::nullopt;
}

std::optional<sockaddr_in6> parse_v6(std::string host, std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const std::size_t percent = host.find('%');
  if (percent != std::string::npos) {
    const auto scope = parse_scope(host.substr(percent + 1));
    if (!scope) {
      return std::nullopt;
    }
    v6.sin6_scope_id = *scope;
    host.resize(percent);
  }
  return inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1 ? std::optional(v6) : std::nullopt;
}

}  // namespace

std::optional<HostPort> HostPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() > 300) {
    return std::nullopt;
  }
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address wants its brackets
  }
  if (!port || host.empty()) {
    return std::nullopt;
  }
  return HostPort{std::string(host), *port};
}

std::optional<Address> Address::from(const sockaddr* address) {
  Address result;
  if (address->sa_family == AF_INET) {
    std::memcpy(&result.storage_.v4, address, sizeof(sockaddr_in));
    std::memset(result.storage_.v4.sin_zero, 0, sizeof result.storage_.v4.sin_zero);
    return result;
  }
  if (address->sa_family != AF_INET6) {
    return std::nullopt;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    result.storage_.v4 = {};
    result.storage_.v4.sin_family = AF_INET;
    result.storage_.v4.sin_port = v6.sin6_port;
    std::memcpy(&result.storage_.v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
  } else {
    v6.sin6_flowinfo = 0;
    result.storage_.v6 = v6;
  }
  return result;
}

std::optional<Address> Address::parse(std::string_view text) {
  const auto parts = HostPort::parse(text);
  if (!parts) {
    return std::nullopt;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(parts->port);
  if (inet_pton(AF_INET, parts->host.c_str(), &v4.sin_addr) == 1) {
    return from(reinterpret_cast<const sockaddr*>(&v4));
  }
  const auto v6 = parse_v6(parts->host, parts->port);
  return v6 ? from(reinterpret_cast<const sockaddr*>(&*v6)) : std::nullopt;
}

Address Address::any_v4(std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  return *from(reinterpret_cast<const sockaddr*>(&v4));
}

Address Address::any_v6(std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return *from(reinterpret_cast<const sockaddr*>(&v6));
}

bool Address::is_wildcard() const {
  return is_v4() ? storage_.v4.sin_addr.s_addr == INADDR_ANY
                 : is_v6() && IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr);
}

std::uint16_t Address::port() const {
  return ntohs(is_v4() ? storage_.v4.sin_port : storage_.v6.sin6_port);
}

Address Address::with_port(std::uint16_t port) const {
  Address copy = *this;
  (is_v4() ? copy.storage_.v4.sin_port : copy.storage_.v6.sin6_port) = htons(port);
  return copy;
}

Address Address::mapped() const {
  if (!is_v4()) {
    return *this;
  }
  Address result;
  result.storage_.v6 = {};
  result.storage_.v6.sin6_family = AF_INET6;
  result.storage_.v6.sin6_port = storage_.v4.sin_port;
  std::uint8_t* raw = result.storage_.v6.sin6_addr.s6_addr;
  raw[10] = raw[11] = 0xff;
  std::memcpy(raw + 12, &storage_.v4.sin_addr, 4);
  return result;
}

std::string Address::text() const {
  char host[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, &storage_.v4.sin_addr, host, sizeof host);
    return std::string(host) + ':' + std::to_string(port());
  }
  if (!is_v6()) {
    return "none";
  }
  inet_ntop(AF_INET6, &storage_.v6.sin6_addr, host, sizeof host);
  const std::uint32_t scope = storage_.v6.sin6_scope_id;
  return '[' + std::string(host) + (scope != 0 ? '%' + std::to_string(scope) : std::string()) +
         "]:" + std::to_string(port());
}

bool operator==(const Address& a, const Address& b) {
  if (a.storage_.any.sa_family != b.storage_.any.sa_family || a.port() != b.port()) {
    return false;
  }
  if (a.is_v4()) {
    return a.v4().sin_addr.s_addr == b.v4().sin_addr.s_addr;
  }
  return std::memcmp(&a.v6().sin6_addr, &b.v6().sin6_addr, sizeof(in6_addr)) == 0 &&
         a.v6().sin6_scope_id == b.v6().sin6_scope_id;
}

}  // namespace runard::transport
