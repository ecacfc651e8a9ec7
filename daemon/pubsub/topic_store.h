// TopicStore: what the broker remembers about topics: the sequence of each (publisher, topic), and
// retained events.
//
// Bounded: so many topics, kMaxEventsPerTopic events of a topic, so many bytes in all, each event
// counting kEventOverhead besides its payload; the oldest go first. A topic that was forgotten
// begins a new instance, so that its sequence never seems to go back. Not thread-safe: the broker
// holds a shard's mutex.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "core/clock.h"
#include "rpc/broker.h"

namespace runard::pubsub {

class TopicStore {
 public:
  static constexpr std::size_t kMaxTopics = 8192;
  static constexpr std::size_t kMaxEventsPerTopic = 64;
  static constexpr std::size_t kMaxBytes = 4U << 20;
  static constexpr std::size_t kEventOverhead = 256;

  TopicStore() = default;
  TopicStore(std::size_t max_topics, std::size_t max_bytes)
      : max_topics_(max_topics), max_bytes_(max_bytes) {}

  struct Stamp {
    std::uint64_t instance;
    std::uint64_t sequence;
  };
  // The next sequence of this publisher on this topic. One that is new here is `epoch` with the
  // next of `instances`.
  Stamp next(std::string_view network, std::string_view topic, std::string_view publisher,
             std::uint64_t epoch, std::atomic<std::uint64_t>& instances);
  // The last one was given to nobody.
  void take_back(std::string_view network, std::string_view topic, std::string_view publisher);
  struct Kept {
    rpc::EventPtr event;
    core::TimePoint published;
    core::TimePoint expires;
    std::uint64_t serial = 0;  // the caller's: grows with each event of this node
    bool broadcast = true;     // else for this node alone
    core::NodeId target;       // zero: everybody
  };
  void retain(Kept kept);
  // Those published at or after `since` that have not expired and that `wanted` accepts.
  template <class Wanted>
  void collect(core::TimePoint now, core::TimePoint since, Wanted wanted,
               std::vector<Kept>& out) const {
    for (const auto& [key, topic] : retained_) {
      for (const Kept& kept : topic.events) {
        if (kept.expires > now && kept.published >= since && wanted(kept)) {
          out.push_back(kept);
        }
      }
    }
  }
  void expire(core::TimePoint now);
  std::size_t bytes() const { return bytes_; }

 private:
  struct Retained {
    std::deque<Kept> events;
    std::list<std::string>::iterator age;
  };
  struct Sequence {
    Stamp last{};
    std::list<std::string>::iterator age;
  };
  static std::size_t size_of(const Kept& kept);
  void pop_front(Retained& topic);
  void forget_oldest();

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  using Sequences = std::unordered_map<std::string, Sequence, Hash, std::equal_to<>>;
  const std::size_t max_topics_ = kMaxTopics;
  const std::size_t max_bytes_ = kMaxBytes;
  Sequences sequences_;
  std::list<std::string> sequence_ages_;  // least recently used first
  std::unordered_map<std::string, Retained> retained_;
  std::list<std::string> retained_ages_;
  std::size_t bytes_ = 0;
};

}  // namespace runard::pubsub
