// What a node tells the mesh about itself: its services with their actions, and its subscriptions.
// Values only. Rows of one network never reach a node that is not a member of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"

namespace runard::registry {

// The README's states plus those of DESIGN section 5.
enum class ServiceState : std::uint8_t {
  kCreated,
  kInitialized,
  kStarting,
  kRunning,
  kPaused,
  kStopping,
  kStopped,
  kFailed,
  kQuarantined,
};

std::string_view state_text(ServiceState state);  // "running"

struct ActionRow {
  std::string pattern;  // below the mount: "{user_id}/profile"; "" is the mount itself
  std::string summary;
  std::string input_schema;   // JSON Schema text, or empty
  std::string output_schema;  // JSON Schema text, or empty
  std::uint32_t flags = 0;    // rpc::RequestFlag kIdempotent
  // Of a call whose caller gives no deadline; 0: the calling node's default.
  std::uint32_t timeout_ms = 0;
  friend bool operator==(const ActionRow&, const ActionRow&) = default;
};

struct ServiceRow {
  std::string network;  // its name on this node; ids travel on the wire
  std::string path;     // where it is mounted, canonical: "users" or "billing/eu"
  std::string type;     // the README's service name
  std::string version;
  std::string summary;
  ServiceState state = ServiceState::kCreated;
  core::WallTime registered{};
  core::WallTime started{};
  std::vector<ActionRow> actions;  // in the order of registration: Request::action is the index
  friend bool operator==(const ServiceRow&, const ServiceRow&) = default;
};

struct SubscriptionRow {
  std::string network;
  std::string pattern;  // "math/*"
  std::string group;    // "" for none: one member of a group gets an event
  friend auto operator<=>(const SubscriptionRow&, const SubscriptionRow&) = default;
};

// All of one node. (epoch, version) orders what it said: a greater epoch is a later run of that
// node.
struct NodeRows {
  core::NodeId node;
  std::string name;  // the operator's name for it
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  std::vector<std::string> addresses;  // "10.0.0.5:8889"
  std::vector<ServiceRow> services;
  std::vector<SubscriptionRow> subscriptions;
  bool draining = false;  // it is about to stop: nothing new goes there
  friend bool operator==(const NodeRows&, const NodeRows&) = default;
};

// For people: the service's state, or "draining" for one that runs on a node that is about to stop.
std::string_view state_text(const NodeRows& node, const ServiceRow& row);

}  // namespace runard::registry
