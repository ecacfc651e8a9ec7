// What the operator asks for (InstanceSpec) and gets to see (InstanceStatus) of a service instance.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/errors.h"
#include "plugin_host/ports.h"
#include "policy/allowance.h"

namespace runard::plugin_host {

struct Timeouts {
  core::Duration init = std::chrono::seconds(10);   // create and init together
  core::Duration start = std::chrono::seconds(10);  // and reconfigure
  core::Duration health = std::chrono::seconds(2);
  core::Duration drain = std::chrono::seconds(5);  // for requests under way, before stop
  core::Duration stop = std::chrono::seconds(10);  // then as long again until it counts as leaked
};

// How long after a failure the service is tried again: doubled each time, up to a limit.
struct Backoff {
  core::Duration first = std::chrono::seconds(1);
  core::Duration most = std::chrono::seconds(60);
};

enum class Restart : std::uint8_t {
  kNever,
  kOnFailure,
  kAlways,  // also when it has ended by itself
};

// What the service says of itself (runar_service_type's health), asked from time to time.
enum class Health : std::uint8_t {
  kUnknown,  // it was not asked yet, or has no such function
  kOk,
  kDegraded,  // it said so, or did not answer
};
std::string_view health_text(Health health);  // "degraded"; "" when unknown

struct InstanceSpec {
  std::filesystem::path file;
  std::string type;     // one of the plugin's service types
  std::string path;     // where it is mounted, canonical
  std::string network;  // "main"
  std::string name;     // unique in this host; empty: "network:path"
  // Names of instances that are to have started, or failed, before this one starts.
  std::vector<std::string> after;
  Restart restart = Restart::kNever;
  Timeouts timeouts;
  core::Duration health_interval = std::chrono::seconds(5);
  Backoff backoff;
  std::string config_json = "{}";
  std::string data_dir;
  std::shared_ptr<const policy::Allowance> allow;  // null: everything
  std::uint32_t max_concurrency = 0;  // unanswered requests at once; 0: Limits::instance_requests
};

struct ActionStatus {
  std::string pattern;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  // From the request's arrival here to its answer; of about the last million. Zero: none was seen.
  core::Duration p50{};
  core::Duration p99{};
};

struct InstanceStatus {
  InstanceId id = 0;
  std::string name;
  std::string plugin;
  std::string plugin_version;
  std::filesystem::path file;
  std::string hash;  // SHA-256 of the plugin file
  registry::ServiceRow row;
  std::vector<ActionStatus> actions;
  core::Error last_error;  // about is empty when there is none
  Health health = Health::kUnknown;
  std::string health_reason;  // when it is degraded
  std::uint32_t restarts = 0;
  std::uint32_t leaked = 0;     // lives that could not be destroyed
  bool stuck = false;           // a handler has not returned for long
  bool busy = false;            // something of it runs, or waits to run
  std::uint32_t in_flight = 0;  // unanswered requests
  std::uint32_t calls = 0;      // calls it waits for
  std::uint32_t tasks = 0;      // posted tasks and timers
  std::uint64_t stale_answers = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t misuses = 0;
};

}  // namespace runard::plugin_host
