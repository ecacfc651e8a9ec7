// Grants: who may receive a message that is larger than a stream's first window.
//
// One link's grants are at most `limit` bytes at a time, first come first served, and those of all
// links together at most what a MemoryBudget has. A grant ends when the message is complete or its
// stream gone. The limit fits the largest message, so the first in the queue always gets its turn.
// One thread, but MemoryBudget: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include "transport/connection.h"

namespace runard::transport {

// What all links of an endpoint may hold together, beside the little that each may have anyway.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes)
      : half_(static_cast<std::int64_t>(bytes / 2)), left_(static_cast<std::int64_t>(bytes)) {}
  bool take(std::uint64_t bytes, bool leave_half = false);
  void give(std::uint64_t bytes) { adjust(static_cast<std::int64_t>(bytes)); }
  // What is held already turned out to be less, or more.
  void adjust(std::int64_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }
  // Less than half is left.
  bool scarce() const { return left_.load(std::memory_order_relaxed) < half_; }

 private:
  const std::int64_t half_;
  std::atomic<std::int64_t> left_;
};

// Parts of their own, so that nothing waits for what only its own arrival can end: the handler of a
// request waits for replies, and a request that was sent is kept until its reply is there.
struct SharedMemory {
  explicit SharedMemory(const Limits& limits)
      : incoming(limits.shared_grants()),
        replies(limits.shared_grants()),
        outgoing(limits.shared_memory / 2) {}
  MemoryBudget incoming;  // grants of the peers' requests and events
  MemoryBudget replies;   // grants of replies to this node
  MemoryBudget outgoing;  // requests and replies of this node
};

// A stream's part.
struct Grant {
  std::uint64_t wanted = 0;  // in the queue for so much
  std::uint64_t held = 0;
};

class Grants {
 public:
  Grants(std::uint64_t limit, MemoryBudget& budget) : limit_(limit), budget_(budget) {}

  // `window`: the stream's. The grant is at least as much: QUIC does not tell its peer of less.
  void want(Connection& connection, Stream& stream, Grant& grant, std::uint64_t needed,
            std::uint64_t window);
  // The stream has its message, or is gone. The caller then calls serve().
  void end(const Stream& stream, Grant& grant);
  // Gives to those whose turn it is.
  void serve(Connection& connection);
  // Somebody waits for other links' memory.
  bool waiting() const { return !queue_.empty(); }

 private:
  struct Waiting {
    Stream* stream;
    Grant* grant;
  };
  const std::uint64_t limit_;
  MemoryBudget& budget_;
  std::uint64_t given_ = 0;
  std::deque<Waiting> queue_;
};

}  // namespace runard::transport
