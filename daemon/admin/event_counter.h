// EventCounter: the receiving end of a bench of events. It subscribes to a topic, sees whether what
// arrives between two marks is complete and in order, and answers each run with a report.
//
// Events are told apart by their publisher's instance and sequence (DESIGN section 5), so nothing
// need stand in their payload. Its queue blocks: nothing is lost here for lack of time.
// Threading: ready() anywhere, the rest on the strand that `later` runs tasks on. Lifetime: shared;
// the broker outlives it.
#pragma once

#include <functional>
#include <memory>

#include "admin/event_count.h"
#include "admin/later.h"
#include "rpc/broker.h"

namespace runard::admin {

struct BenchTopic {
  std::string network;
  std::string topic;   // canonical, without the network
  bool local = false;  // nothing of it leaves this node
};

class EventCounter final : public rpc::EventConsumer,
                           public std::enable_shared_from_this<EventCounter> {
 public:
  static constexpr std::uint32_t kQueue = 16384;  // events
  static constexpr std::uint32_t kTurn = 1024;    // events a turn
  static constexpr core::Duration kRetry = std::chrono::milliseconds(2);
  using Reported = std::function<void(const EventCount&)>;

  // `reported` is told of each run, once its report was published.
  EventCounter(rpc::Broker& broker, const core::Clock& clock, Later later, Reported reported);
  core::Result<void> open(const BenchTopic& topic);
  // Nothing is counted or told any more.
  void close() { queue_.reset(); }
  void ready() noexcept override;

 private:
  void drain();
  void count(const rpc::StoredEvent& event);
  void begin(const rpc::StoredEvent& event);
  void report(EventCount count);

  rpc::Broker& broker_;
  const core::Clock& clock_;
  const Later later_;
  const Reported reported_;
  BenchTopic topic_;
  std::shared_ptr<rpc::EventQueue> queue_;
  bool running_ = false;
  EventCount run_;
  core::TimePoint began_{};
  std::uint64_t instance_ = 0;  // of the publisher of this run
  std::uint64_t last_ = 0;      // its last sequence number
};

}  // namespace runard::admin
