// What the plugin host needs from the rest of the daemon. It declares it; node connects it.
#pragma once

#include <optional>
#include <string_view>

#include "registry/rows.h"
#include "rpc/broker.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

using InstanceId = std::uint64_t;

// The local half of the registry, and who is in the mesh. Any thread.
class Directory {
 public:
  virtual ~Directory() = default;
  // Refused (kDuplicatePath, kReservedPath, kBadPattern) before anything becomes visible.
  // The row's actions are not callable before running().
  virtual core::Result<void> reserve(InstanceId instance, const registry::ServiceRow& row) = 0;
  // All actions of the row become callable at once. `endpoint` stays valid until withdraw()
  // returned.
  virtual core::Result<void> running(InstanceId instance, const registry::ServiceRow& row,
                                     rpc::Handler& endpoint) = 0;
  // Every change of state, in order; the row as it is now. Publishes the $registry state events.
  virtual void state_changed(InstanceId instance, const registry::ServiceRow& row) = 0;
  // Nothing of the instance is routable afterwards, and no thread is still inside its endpoint.
  virtual void withdraw(InstanceId instance) = 0;
  // The node of that name or id, this one included; by default nobody is known.
  virtual std::optional<core::NodeId> find_node(std::string_view) const { return std::nullopt; }
};

// The types that plugins declare. Any thread.
class Types {
 public:
  virtual ~Types() = default;
  // Refused (kTypeRefused) where what the schema says of private fields can't be held.
  virtual core::Result<void> declare(std::uint64_t id, std::string_view name,
                                     std::string_view schema) = 0;
};

// Encryption of what the services of this node store themselves. Any thread.
class Secrets {
 public:
  struct Owner {
    std::string_view network;
    std::string_view service;  // its path
    std::string_view context;  // what it says the bytes are
  };
  virtual ~Secrets() = default;
  // kKeyMissing: this node has no keys (now).
  virtual core::Result<core::Bytes> seal(const Owner& owner, core::ByteView plain) = 0;
  virtual core::Result<core::Bytes> open(const Owner& owner, core::ByteView sealed) = 0;
};

struct Ports {
  rpc::Handler& calls;  // requests that plugins make
  rpc::Broker& broker;  // events that plugins publish and subscribe to
  Directory& directory;
  Types* types = nullptr;      // null: nothing that types say matters here
  Secrets* secrets = nullptr;  // null: no keys
};

}  // namespace runard::plugin_host
