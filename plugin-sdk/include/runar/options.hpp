// The options of calls, publications, actions and subscriptions: plain structs, made to be written
// as {.timeout = 2s, .idempotent = true}.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <runar/detail/host.hpp>

namespace runar {

using Duration = std::chrono::nanoseconds;
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct CallOptions {
  std::optional<Duration> timeout{};  // default: the request's own deadline, else the daemon's
  std::string target{};               // a node's name or id; empty: the balancer chooses
  bool idempotent = false;            // may be retried after an unknown outcome
  bool direct = true;                 // may run the callee inside; false: hold a lock across it
  Metadata meta{};
  std::vector<std::string> recipients{};  // profile ids that private fields are sealed for as well
};

struct PublishOptions {
  bool broadcast = true;  // false: to subscribers of this node only
  bool guaranteed = false;
  std::optional<Duration> retain_for{};  // for subscribers that come later
  std::optional<std::string> target{};   // one node only
  Metadata meta{};
  std::string owner_profile{};  // whose private data it is
  std::vector<std::string> recipients{};
};

struct ActionOptions {
  std::string summary{};
  bool parallel = false;    // may run beside other handlers of this instance, on several threads
  bool blocking = false;    // waits inside: runs on threads that are allowed to
  bool prompt = false;      // never waits: may run on the thread that received the request
  bool idempotent = false;  // may be retried after an unknown outcome
  std::uint32_t max_concurrency = 0;  // unanswered requests at once; 0: the daemon's default
  std::chrono::milliseconds timeout{0};
};

enum class Overflow : std::uint32_t {
  kDropOldest = RUNAR_DROP_OLDEST,
  kDropNewest = RUNAR_DROP_NEWEST,
  kDisconnect = RUNAR_DISCONNECT,
  kBlock = RUNAR_BLOCK
};

struct SubscribeOptions {
  std::string group{};            // one member of a group gets each event
  Duration include_past{0};       // replay retained events up to this old first
  bool durable = false;           // with group: guaranteed events wait while nobody is there
  std::uint32_t queue_limit = 0;  // events; 0: the daemon's default
  std::uint64_t queue_bytes = 0;
  Overflow overflow = Overflow::kDropOldest;
};

namespace detail {

// Borrowed views of options that own their strings; lives as long as the host call.
class MetaView {
 public:
  explicit MetaView(const Metadata& meta) {
    entries_.reserve(meta.size());
    for (const auto& [key, value] : meta) {
      entries_.push_back({str(key), str(value)});
    }
  }
  const runar_kv* data() const { return entries_.data(); }
  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<runar_kv> entries_;
};
class StringsView {
 public:
  explicit StringsView(const std::vector<std::string>& strings) {
    entries_.reserve(strings.size());
    for (const auto& text : strings) {
      entries_.push_back(str(text));
    }
  }
  const runar_str* data() const { return entries_.data(); }
  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<runar_str> entries_;
};

}  // namespace detail

}  // namespace runar
