#include "discovery/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <memory>

namespace runard::discovery {
namespace {

bool fits(const ifaddrs& entry, const std::vector<std::string>& only) {
  if (entry.ifa_addr == nullptr || (entry.ifa_flags & IFF_UP) == 0) {
    return false;
  }
  if (!only.empty()) {
    return std::find(only.begin(), only.end(), entry.ifa_name) != only.end();
  }
  const bool loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  const bool multicast = (entry.ifa_flags & IFF_MULTICAST) != 0;
  return loopback || (multicast && (entry.ifa_flags & IFF_POINTOPOINT) == 0);
}

core::Bytes copy(const void* bytes, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(bytes);
  return {begin, begin + size};
}

void add_address(Interface& interface, const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    interface.v4 = true;
    interface.addresses.push_back(copy(&v4.sin_addr, 4));
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    interface.v6 = true;
    if (!IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
      interface.addresses.push_back(copy(&v6.sin6_addr, 16));
    }
  }
}

}  // namespace

std::vector<Interface> usable_interfaces(const std::vector<std::string>& only) {
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, &freeifaddrs);
  std::map<unsigned, Interface> found;
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    const unsigned index = fits(*entry, only) ? if_nametoindex(entry->ifa_name) : 0;
    if (index != 0) {
      Interface& interface = found[index];
      interface.name = entry->ifa_name;
      interface.index = index;
      interface.loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
      add_address(interface, *entry->ifa_addr);
    }
  }
  std::erase_if(found, [](const auto& item) { return !item.second.v4 && !item.second.v6; });
  const bool others = std::any_of(found.begin(), found.end(),
                                  [](const auto& item) { return !item.second.loopback; });
  std::vector<Interface> usable;
  for (auto& [index, interface] : found) {
    if (!interface.loopback || !others || !only.empty()) {
      usable.push_back(std::move(interface));
    }
  }
  return usable;
}

}  // namespace runard::discovery
