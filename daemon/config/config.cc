#include "config/config.h"

#include <fmt/format.h>

namespace runard::config {

std::string HostPort::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::size_t Config::service_count() const {
  std::size_t count = 0;
  for (const Plugin& plugin : plugins.load) {
    count += plugin.services.size();
  }
  return count;
}

}  // namespace runard::config
