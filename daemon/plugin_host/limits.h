// Limits: how much one plugin host, and one service instance of it, may hold at once. What would go
// beyond is refused (RUNAR_E_BUSY, kOverloaded), never waited for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace runard::plugin_host {

struct Limits {
  // Of the host.
  std::uint32_t requests = 32768;  // unanswered requests
  std::uint32_t calls = 32768;     // calls of plugins without a reply yet
  std::uint32_t tasks = 32768;     // posted tasks, timers and receipts
  std::uint32_t events = 32768;    // events that wait for event_done
  std::uint32_t instances = 256;
  std::uint32_t blocking_threads = 64;
  // Of one instance.
  std::uint32_t instance_requests = 1024;
  std::uint32_t instance_calls = 4096;
  std::uint32_t instance_tasks = 1024;
  std::uint32_t instance_events = 1024;
  std::uint32_t instance_subscriptions = 256;
  std::uint32_t instance_types = 256;
  std::size_t instance_queued = 32U << 20;  // bytes of payloads that wait or are with a handler
  std::uint32_t instance_blocking = 16;     // BLOCKING handlers that run at once
  // Of one message.
  std::size_t payload = 4U << 20;
};

// Of one message; part of the ABI's contract, so not a setting. What is taken here other nodes
// take, too: node/peer_links.cc holds them against wire/limits.h.
inline constexpr std::size_t kMaxMeta = 32;    // pairs
inline constexpr std::size_t kMaxParams = 32;  // captured {names}: a path has no more segments
inline constexpr std::size_t kMaxText = 4096;  // an error's message, a summary
inline constexpr std::size_t kMaxMetaKey = 256;
inline constexpr std::size_t kMaxMetaBytes = 12288;  // a frame's header holds them and more
inline constexpr std::size_t kMaxNodeName = 64;      // or an id
inline constexpr std::size_t kMaxSchema = 65536;
inline constexpr std::size_t kMaxLogFields = 16;

}  // namespace runard::plugin_host
