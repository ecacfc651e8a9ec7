// Queue: one subscription's bounded queue of events, between publishers (any thread) and one
// consumer.
//
// Bounded in events and in bytes of payload; a delivery counts until done(). When full, the
// overflow policy decides: the oldest or the newest event is lost (and the next delivery carries
// kEventGap), the subscription ends, or (block) publishers are told that there is no room. Nothing
// ever waits inside. A subscription with include_past begins in replay: live events gather behind
// until replay() has put the retained ones in front, each event once.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "rpc/broker.h"

namespace runard::pubsub {

class Queue final : public rpc::EventQueue {
 public:
  Queue(rpc::SubscribeOptions options, rpc::EventConsumer& consumer, bool replaying);

  const rpc::SubscribeOptions& options() const { return options_; }

  // Publisher's side. For Overflow::kBlock only: room for one event of `bytes`, kept until push()
  // or unreserve().
  bool reserve(std::size_t bytes);
  void unreserve(std::size_t bytes);
  // False: not taken (dropped as newest, or the queue is closed).
  bool push(const rpc::EventPtr& event, std::uint32_t flags, bool reserved);
  // Retained events, oldest first: they go before what gathered meanwhile, duplicates left out;
  // live from now on.
  void replay(const std::vector<rpc::EventPtr>& past);
  void close();
  // The consumer is gone: closed, and never calls it again.
  void detach();

  bool pop(rpc::Delivery& out) override;
  void done(std::uint64_t token, rpc::Verdict verdict) override;
  bool closed() const override { return closed_.load(std::memory_order_acquire); }
  std::uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    rpc::EventPtr event;
    std::uint32_t flags;
  };
  static std::size_t size_of(const rpc::StoredEvent& event);
  bool fits_locked(std::size_t bytes) const;
  bool make_room_locked(std::size_t bytes);
  void append_locked(const rpc::EventPtr& event, std::uint32_t flags);
  void drop_locked(std::size_t count);
  void wake_locked();

  const rpc::SubscribeOptions options_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;              // protects all below; held for moves of pointers only
  rpc::EventConsumer* consumer_;  // told while the mutex is held, so that detach() is final
  std::deque<Item> items_;
  std::uint64_t bytes_ = 0;  // of queued, taken and reserved events
  std::uint32_t taken_ = 0;  // popped, not done
  std::uint32_t reserved_ = 0;
  std::deque<std::pair<std::uint64_t, std::size_t>> in_hand_;  // token, bytes
  std::uint64_t next_token_ = 1;
  bool replaying_;
  bool gap_ = false;
};

}  // namespace runard::pubsub
