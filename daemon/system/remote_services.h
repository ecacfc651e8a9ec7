// RemoteServices: notices what changes among the services of other nodes and tells RegistryEvents.
// Of one node it tells kMostServices at a time; of those beyond, events begin when others are gone.
// Memory: a state for each service that is told. Control strand only.
#pragma once

#include <map>
#include <string>

#include "core/log.h"
#include "system/registry_events.h"

namespace runard::system {

class RemoteServices {
 public:
  static constexpr std::size_t kMostServices = 1024;

  RemoteServices(RegistryEvents& events, core::Log log) : events_(events), log_(std::move(log)) {}

  // The node's rows are now these.
  void changed(const registry::NodeRows& rows);
  void gone(const core::NodeId& node);

 private:
  using States = std::map<std::pair<std::string, std::string>, std::string_view>;  // network, path
  struct Known {
    States told;
    bool has_more = false;  // than are told
  };
  void tell_gone(const core::NodeId& node, Known& known, const States& now);

  RegistryEvents& events_;
  const core::Log log_;
  std::map<core::NodeId, Known> known_;
};

}  // namespace runard::system
