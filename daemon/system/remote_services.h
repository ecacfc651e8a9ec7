// RemoteServices: notices what changes among the services of other nodes and tells RegistryEvents.
// Memory: a state for each service that the registry knows. Control strand only.
#pragma once

#include <map>
#include <string>

#include "system/registry_events.h"

namespace runard::system {

class RemoteServices {
 public:
  explicit RemoteServices(RegistryEvents& events) : events_(events) {}

  // The node's rows are now these.
  void changed(const registry::NodeRows& rows);
  void gone(const core::NodeId& node);

 private:
  using States = std::map<std::pair<std::string, std::string>, std::string_view>;  // network, path

  RegistryEvents& events_;
  std::map<core::NodeId, States> known_;
};

}  // namespace runard::system
