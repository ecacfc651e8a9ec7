// Queue: one subscription's bounded queue of events, between publishers (any thread) and one
// consumer.
//
// Bounded in events and in bytes of payload; a delivery counts until done(). When full, the
// overflow policy decides: the oldest or the newest event is lost (and the next delivery carries
// kEventGap), the subscription ends, or (block) publishers are told that there is no room. Nothing
// ever waits inside.
//
// The past of a node is put before what that node publishes meanwhile: from expect() to replay()
// its live events stay in the queue, and those of other nodes pass them. Each event comes once, and
// those of one publisher on one topic in their order.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>

#include "pubsub/seen_events.h"
#include "rpc/broker.h"

namespace runard::pubsub {

class Queue final : public rpc::EventQueue {
 public:
  // Topics of other nodes whose last event is remembered, of all nodes together.
  static constexpr std::size_t kMaxSeen = 16384;

  Queue(rpc::SubscribeOptions options, rpc::EventConsumer& consumer);

  const rpc::SubscribeOptions& options() const { return options_; }

  // Publisher's side. For Overflow::kBlock only: room for one event of `bytes`, kept until push()
  // or unreserve().
  bool reserve(std::size_t bytes);
  void unreserve(std::size_t bytes);
  // False: not taken (dropped as newest, or the queue is closed).
  bool push(const rpc::EventPtr& event, std::uint32_t flags, bool reserved);

  // The past of that run of a node (zero: this one) is about to come; an earlier announcement is
  // void. Gives the number to come back with; 0: it can't be told any more what of that run was
  // delivered already, so don't.
  std::uint64_t expect(const core::NodeId& source, std::uint64_t run);
  // Retained events of the node, oldest first. What has no room is the oldest; that and `omitted`
  // count as dropped. Live from now on. A void number is ignored.
  void replay(const core::NodeId& source, std::uint64_t number,
              const std::vector<rpc::EventPtr>& past, std::uint64_t omitted);

  void close();
  // The consumer is gone: closed, and never calls it again.
  void detach();

  bool pop(rpc::Delivery& out) override;
  void done(std::uint64_t token, rpc::Verdict verdict) override;
  bool closed() const override { return closed_.load(std::memory_order_acquire); }
  std::uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }
  // Of dropped(), those that push() had taken.
  std::uint64_t overtaken() const { return overtaken_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    rpc::EventPtr event;
    std::uint32_t flags;
    bool held;  // until the past of its node is here
  };
  using Items = std::deque<Item>;
  struct Source {
    std::uint64_t run = 0;
    std::uint64_t number = 0;  // of the last expect()
    bool waiting = false;
    bool forgetful = false;  // an event was let through that was not learnt
    SeenEvents seen;
  };
  static std::size_t size_of(const rpc::StoredEvent& event);
  bool fits_locked(std::size_t bytes, std::size_t more = 0) const;
  bool make_room_locked(std::size_t bytes);
  void append_locked(const rpc::EventPtr& event, std::uint32_t flags, bool held);
  void take_off_front_locked();
  bool admit_locked(Source& source, const rpc::StoredEvent& event);
  Items fitting_locked(const std::vector<rpc::EventPtr>& past, std::uint64_t lost);
  void release_locked(const core::NodeId& source, SeenEvents& replayed);
  void drop_locked(std::uint64_t count);
  void wake_locked();

  const rpc::SubscribeOptions options_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> overtaken_{0};
  std::mutex mutex_;              // protects all below; held for moves of pointers only
  rpc::EventConsumer* consumer_;  // told while the mutex is held, so that detach() is final
  Items items_;
  std::size_t held_ = 0;     // of items_
  std::uint64_t bytes_ = 0;  // of queued, taken and reserved events
  std::uint32_t taken_ = 0;  // popped, not done
  std::uint32_t reserved_ = 0;
  std::deque<std::pair<std::uint64_t, std::size_t>> in_hand_;  // token, bytes
  std::uint64_t next_token_ = 1;
  std::map<core::NodeId, Source> sources_;  // whose past was asked for
  std::uint64_t last_number_ = 0;
  std::size_t seen_ = 0;  // topics of all sources
  bool gap_ = false;
};

}  // namespace runard::pubsub
