// Event: one published message. Borrowed for the length of the call it is handed to.
#pragma once

#include "rpc/handler.h"

namespace runard::rpc {

enum EventFlag : std::uint32_t {
  kRetainedEvent = 1U << 0,  // replayed, not live
  kRemoteEvent = 1U << 1,    // came over a link
  kRedelivered = 1U << 2,
  kEventGap = 1U << 3,  // events before this one were lost to a full queue
};

struct Event {
  std::string_view network;
  std::string_view topic;  // canonical, without the network
  Payload payload;
  std::span<const Pair> meta;
  core::WallTime published{};
  core::NodeId source;         // zero: this node
  std::string_view publisher;  // the service that published it
  core::ProfileId owner;       // whose private data it is; zero: nobody's
  // As Request::recipients. Used up by publish(), which seals what others get, now or later.
  std::span<const core::ProfileId> recipients{};
  std::uint64_t instance = 0;  // publisher instance and its epoch: sequences count within it
  std::uint64_t sequence = 0;  // per publisher instance and topic, from 1
  std::uint32_t flags = 0;
  // Of an event that came over a link: the groups that this copy is for, besides those without a
  // group.
  std::span<const std::string_view> groups;
  bool ungrouped = true;  // subscriptions without a group get it
};

// How an event is to be spread (the README's PublishOptions).
struct PublishOptions {
  bool broadcast = true;  // also to other nodes
  bool guaranteed = false;
  core::Duration retain_for{0};
  core::NodeId target;  // zero: every subscriber
  bool system = false;  // the daemon itself publishes: the topic may begin with '$'
};

// What to do when a subscription's queue is full.
enum class Overflow : std::uint8_t {
  kDropOldest = 0,
  kDropNewest = 1,
  kDisconnect = 2,
  kBlock = 3
};

}  // namespace runard::rpc
