// The control frames of membership and registry sync, types 0x20 to 0x2a. Byte tables: README.md,
// "Registry sync".
//
// An Update tells what a node offers in the networks that it shares with the receiver: all of it
// (snapshot) or what changed since an earlier version (delta). Networks stand in it as ids only. It
// may be larger than a control frame, so its bytes travel as numbered RowsChunks.
//
// Pure functions over bytes. Decoders refuse with kMalformedFrame, or with kTooLarge what would
// need more memory than allowed; unknown keys are skipped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "wire/address.h"

namespace runard::wire {

// An odd type is critical, see frame.h.
enum class SyncType : std::uint64_t {
  kHeartbeat = 0x20,  // Heartbeat
  kRows = 0x21,       // RowsChunk
  kPeers = 0x22,      // PeerHints
  kResync = 0x23,     // "send me a snapshot": an empty map
  kDraining = 0x24,   // "choose me for nothing new": an empty map
  kGoodbye = 0x25,    // "forget me at once": an empty map
  // Statements of the mesh's CA (statements.h), for peers with wire::kFeatureStatements.
  kStatementHeads = 0x26,
  kStatementPull = 0x28,
  kStatement = 0x2a,  // RowsChunk
  kKeysHeld = 0x2c,   // keys_held.h
  kKeptKeys = 0x2e,   // kept_keys.h
};

struct ActionEntry {
  std::string pattern;
  std::string summary;
  std::string input_schema;
  std::string output_schema;
  std::uint32_t flags = 0;
  std::uint32_t timeout_ms = 0;
  friend bool operator==(const ActionEntry&, const ActionEntry&) = default;
};

struct ServiceEntry {
  std::string path;
  std::string type;
  std::string version;
  std::string summary;
  std::uint8_t state = 0;           // registry::ServiceState
  std::uint64_t registered_ms = 0;  // since 1970
  std::uint64_t started_ms = 0;
  // None only in a delta: they are what they were.
  std::optional<std::vector<ActionEntry>> actions;
  friend bool operator==(const ServiceEntry&, const ServiceEntry&) = default;
};

struct SubscriptionEntry {
  std::string pattern;
  std::string group;
  friend auto operator<=>(const SubscriptionEntry&, const SubscriptionEntry&) = default;
};

// One network's part of an Update.
struct Section {
  core::NetworkId network;
  std::vector<ServiceEntry> services;  // new or changed
  std::vector<SubscriptionEntry> subscriptions;
  std::vector<std::string> gone_services;  // only in a delta: paths
  std::vector<SubscriptionEntry> gone_subscriptions;
  friend bool operator==(const Section&, const Section&) = default;
};

struct Update {
  bool snapshot = true;
  std::uint64_t epoch = 0;
  std::uint64_t base = 0;  // delta: the version that it builds on
  std::uint64_t version = 0;
  std::string name;
  std::vector<Address> addresses;
  std::vector<Section> sections;
  friend bool operator==(const Update&, const Update&) = default;
};

inline constexpr std::size_t kMaxUpdateNetworks = 128;
inline constexpr std::size_t kMaxUpdateAddresses = 16;

// The memory that a service or subscription takes, its own struct included.
std::size_t footprint(const ServiceEntry& service);
std::size_t footprint(const SubscriptionEntry& subscription);

core::Bytes encode(const Update& update);
// `memory`: what the decoded update may take; kTooLarge beyond.
core::Result<Update> decode_update(core::ByteView bytes, std::size_t memory);

struct RowsChunk {
  static constexpr std::size_t kMaxBody = 60 * 1024;  // so the frame stays under 64 KiB

  std::uint64_t update = 0;  // 1, 2, 3 ... on one link
  std::uint64_t index = 0;   // of this chunk
  std::uint64_t count = 0;   // of chunks in this update
  core::ByteView body;       // borrowed
};

core::Bytes encode(const RowsChunk& chunk);
core::Result<RowsChunk> decode_rows_chunk(core::ByteView bytes);

// Sent when nothing else was for a while. Tells the version that the receiver should have by now.
struct Heartbeat {
  std::uint64_t version = 0;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

core::Bytes encode(const Heartbeat& heartbeat);
core::Result<Heartbeat> decode_heartbeat(core::ByteView bytes);

// Peer exchange: where other nodes may be dialled.
struct PeerHint {
  core::NodeId node;
  std::vector<Address> addresses;
  friend bool operator==(const PeerHint&, const PeerHint&) = default;
};

inline constexpr std::size_t kMaxPeerHints = 64;
inline constexpr std::size_t kMaxHintAddresses = 8;

// Whatever exceeds the limits is left out.
core::Bytes encode(const std::vector<PeerHint>& hints);
core::Result<std::vector<PeerHint>> decode_peer_hints(core::ByteView bytes);

// The body of kResync, kDraining and kGoodbye.
core::Bytes empty_body();
core::Result<void> decode_empty_body(core::ByteView bytes);

}  // namespace runard::wire
