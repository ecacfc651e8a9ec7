// Broker: publish and subscribe, as seen by whoever does either: a plugin's service, the control
// socket, a link.
//
// A subscription is a bounded queue. The broker fills it from any thread; its one consumer is told
// that there is something (EventConsumer::ready) and takes events out at its own pace
// (EventQueue::pop).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "rpc/event.h"

namespace runard::rpc {

// An event that owns all it names; what a queue holds.
struct StoredEvent {
  std::string network;
  std::string topic;
  Payload payload;  // owned
  std::vector<std::pair<std::string, std::string>> meta;
  core::WallTime published{};
  core::NodeId source;
  core::ProfileId owner;
  std::string publisher;
  std::uint64_t instance = 0;
  std::uint64_t sequence = 0;
  std::uint32_t flags = 0;
};
using EventPtr = std::shared_ptr<const StoredEvent>;  // one copy, shared by all queues that hold it

// What pop() gives: the event and what is true of this delivery only.
struct Delivery {
  EventPtr event;
  std::uint32_t flags = 0;  // EventFlag
  std::uint64_t token = 0;  // for done()
};

class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  // The queue has something to pop, or was closed. Any thread; must not block and must not call the
  // queue. Comes once for each change from empty to not empty; never after the queue was dropped.
  virtual void ready() noexcept = 0;
};

enum class Verdict : std::uint8_t { kOk = 0, kRetry = 1, kDrop = 2 };

// The consumer's end. One consumer thread at a time. Dropping the last reference unsubscribes.
class EventQueue {
 public:
  virtual ~EventQueue() = default;
  // False: empty for now. A delivery counts against the queue's limits until done().
  virtual bool pop(Delivery& out) = 0;
  // Anything but kOk counts as dropped: only guaranteed events are delivered again.
  virtual void done(std::uint64_t token, Verdict verdict) = 0;
  virtual bool closed() const = 0;  // Overflow::kDisconnect struck, or the broker stopped
  // Events lost to the overflow policy, and those given back with another verdict than kOk.
  virtual std::uint64_t dropped() const = 0;
};

struct SubscribeOptions {
  std::string network;
  std::string pattern;
  std::string group;               // "": every subscription gets its own copy
  std::string subscriber;          // for counters and logs: "main:users"
  core::Duration include_past{0};  // replay retained events up to this old
  std::uint32_t queue_limit = 1024;
  std::uint64_t queue_bytes = 8U << 20;
  Overflow overflow = Overflow::kDropOldest;
  bool announce = true;  // tell other nodes, so that their events come here
};

struct Receipt {
  core::Errc code = {};       // zero: sent
  std::uint32_t reached = 0;  // local queues and peers it was handed to
  std::string about;
};

class Broker {
 public:
  virtual ~Broker() = default;
  // Any thread. Never waits. `event`'s source, instance and sequence are set by the caller for
  // remote events and by the broker for local ones.
  virtual Receipt publish(const Event& event, const PublishOptions& options) = 0;
  // Any thread. `consumer` outlives the reference to the queue that is returned.
  virtual core::Result<std::shared_ptr<EventQueue>> subscribe(SubscribeOptions options,
                                                              EventConsumer& consumer) = 0;
};

}  // namespace runard::rpc
