// Config: everything an operator can say about a node, as plain values.
//
// The defaults here are the defaults of the YAML. Durations are core::Duration, sizes are bytes.
// What each key means is said once, in schema.cc; keys marked "later" there hold their default in
// this version, for the loader refuses any other value. A Config that the loader gave is complete
// and consistent: names refer to things that exist, mounts are unique, `after` has no cycle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/host_port.h"
#include "core/clock.h"
#include "core/log.h"

namespace runard::config {

using core::Duration;
inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

struct Node {
  std::string name;  // empty: see node_name.h
  std::string state_dir = "/var/lib/runard";
  std::optional<std::uint32_t> workers;  // unset: as many as the machine has processors
  friend bool operator==(const Node&, const Node&) = default;
};

struct Networks {
  std::string default_name;       // after loading: one of `join`
  std::vector<std::string> join;  // after loading: not empty
  friend bool operator==(const Networks&, const Networks&) = default;
};

struct Limits {
  std::uint64_t memory = 256 * kMiB;
  std::uint64_t payload = 4 * kMiB;
  std::uint32_t peers = 1024;
  friend bool operator==(const Limits&, const Limits&) = default;
};

enum class LogFormat : std::uint8_t { kText, kJson, kJournald };
struct Logging {
  core::Level level = core::Level::kInfo;
  LogFormat format = LogFormat::kText;
  std::map<std::string, core::Level> levels;  // by component
  friend bool operator==(const Logging&, const Logging&) = default;
};

struct Quic {
  HostPort listen{"::", 8889};
  std::vector<HostPort> advertise;
  std::uint32_t io_threads = 1;  // later
  bool busy_poll = false;        // later
  friend bool operator==(const Quic&, const Quic&) = default;
};
struct Transport {
  Quic quic;
  friend bool operator==(const Transport&, const Transport&) = default;
};

struct Multicast {
  HostPort group{"239.255.42.98", 8888};
  std::optional<std::vector<std::string>> interfaces;  // unset: all that fit
  std::uint32_t ttl = 1;
  Duration interval = std::chrono::seconds(5);
  friend bool operator==(const Multicast&, const Multicast&) = default;
};
struct Discovery {
  std::optional<Multicast> multicast = Multicast{};
  std::vector<HostPort> peers;
  friend bool operator==(const Discovery&, const Discovery&) = default;
};

enum class KekSource : std::uint8_t { kAuto, kNone, kSystemd, kPassphraseFile };
struct Keystore {
  KekSource kek = KekSource::kAuto;
  std::string passphrase_file;  // with kPassphraseFile
  friend bool operator==(const Keystore&, const Keystore&) = default;
};
struct Identity {
  Keystore keystore;
  std::optional<Duration> rotate_agreement_key = std::chrono::hours(30 * 24);  // none: never
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Issuer {
  std::string ca;
  std::string passphrase_file;  // of the CA's key; empty: the credential "runard.ca", or none
  std::optional<Duration> rotate_network_keys = std::chrono::hours(30 * 24);  // none: never
  friend bool operator==(const Issuer&, const Issuer&) = default;
};

struct Label {
  bool network = false;
  std::vector<std::string> networks;
  std::vector<std::string> profiles;
  friend bool operator==(const Label&, const Label&) = default;
};
struct Encryption {
  std::map<std::string, Label> labels;
  friend bool operator==(const Encryption&, const Encryption&) = default;
};

enum class Access : std::uint8_t { kMembers, kDeny };
struct Caller {
  std::string node;  // its id
  std::string group;
  std::string label{};  // of the node, KEY=VALUE
  friend bool operator==(const Caller&, const Caller&) = default;
};
struct Rule {
  std::vector<std::string> allow;  // call, publish, subscribe, register, keys.read, admin
  std::vector<std::string> deny;
  Caller from;
  std::string network;
  std::string path;
  friend bool operator==(const Rule&, const Rule&) = default;
};
// To whom a label may be released.
struct Release {
  std::vector<std::string> networks;
  std::vector<std::string> profiles;  // ids, or "caller"
  std::vector<std::string> nodes;     // ids
  std::vector<std::string> groups;
  friend bool operator==(const Release&, const Release&) = default;
};
struct Authorization {
  Access access = Access::kMembers;
  std::vector<Rule> rules;
  std::map<std::string, Release> labels;
  friend bool operator==(const Authorization&, const Authorization&) = default;
};

enum class Strategy : std::uint8_t {
  kRoundRobin,
  kP2cEwma,  // this and all below: later
  kLeastRequest,
  kRandom,
  kHash,
  kLocalOnly,
};
struct Balancing {
  Strategy strategy = Strategy::kRoundRobin;
  std::map<std::string, Strategy> services;  // by mount
  friend bool operator==(const Balancing&, const Balancing&) = default;
};

enum class OnFull : std::uint8_t { kRefuse, kDropOldest };
struct Journal {  // later
  std::string path = "journal.db";
  std::uint64_t quota = kGiB;
  OnFull on_full = OnFull::kRefuse;
  friend bool operator==(const Journal&, const Journal&) = default;
};

struct Drain {
  Duration grace = std::chrono::milliseconds(500);
  Duration deadline = std::chrono::seconds(25);
  friend bool operator==(const Drain&, const Drain&) = default;
};

enum class Trust : std::uint8_t { kOpen, kPinned, kSigned };
enum class Isolation : std::uint8_t { kInline, kProcess };
enum class Restart : std::uint8_t { kNo, kOnFailure, kAlways };

// Topic patterns that a plugin may use, without their network.
struct Allow {
  std::vector<std::string> networks;
  std::vector<std::string> serve;
  std::vector<std::string> call;
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
  friend bool operator==(const Allow&, const Allow&) = default;
};

struct PluginLimits {  // later
  std::uint32_t max_concurrency = 64;
  std::uint64_t memory = 0;  // 0: no limit
  friend bool operator==(const PluginLimits&, const PluginLimits&) = default;
};

struct Backoff {
  Duration min = std::chrono::milliseconds(500);
  Duration max = std::chrono::seconds(30);
  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// A service's own settings as canonical JSON: an object, keys sorted, no white space.
struct ServiceConfig {
  std::string json = "{}";
  std::string shown = "{}";  // the same with secrets cut, for people
  friend bool operator==(const ServiceConfig&, const ServiceConfig&) = default;
};

struct Service {
  std::string type;
  std::string path;                // after loading: the mount, "billing/eu"
  std::string network;             // after loading: one of networks.join
  std::vector<std::string> after;  // after loading: "network:path" of services of this file
  Restart restart = Restart::kOnFailure;
  Duration init_timeout = std::chrono::seconds(10);
  Duration start_timeout = std::chrono::seconds(10);
  Duration stop_timeout = std::chrono::seconds(10);
  Duration health_interval = std::chrono::seconds(5);
  Backoff backoff;
  ServiceConfig config;
  friend bool operator==(const Service&, const Service&) = default;
};

struct Plugin {
  std::string file;  // below plugins.dir, or absolute
  Isolation isolation = Isolation::kInline;
  std::optional<Allow> allow;  // unset: no restriction
  PluginLimits limits;
  std::vector<Service> services;
  friend bool operator==(const Plugin&, const Plugin&) = default;
};

struct Plugins {
  std::string dir = "/usr/lib/runar/plugins";
  Trust trust = Trust::kOpen;
  bool auto_enable = false;
  std::vector<Plugin> load;
  friend bool operator==(const Plugins&, const Plugins&) = default;
};

struct Control {
  std::string socket = "/run/runard/control.sock";
  std::string group = "runard";
  friend bool operator==(const Control&, const Control&) = default;
};

struct Metrics {
  std::optional<HostPort> listen;  // later
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

struct Config {
  Node node;
  Networks networks;
  Duration request_timeout = std::chrono::seconds(5);
  Limits limits;
  Logging logging;
  std::optional<Transport> transport;
  std::optional<Discovery> discovery;
  Identity identity;
  std::optional<Issuer> issuer;
  Encryption encryption;
  Authorization authorization;
  Balancing balancing;
  std::optional<Journal> journal;
  Drain drain;
  Plugins plugins;
  Control control;
  Metrics metrics;

  // No other node is ever spoken to, so no identity is needed.
  bool local_only() const { return !transport && !discovery; }
  std::size_t service_count() const;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace runard::config
