// PubBench: publishes N events as fast as the broker takes them, and tells how long it took until
// the receiving end had all of them, and whether they came complete and in order.
//
// The receiving end is an EventCounter: on this node its own (BenchTopic::local), else the one that
// `runarctl bench sub` runs on another node. When the broker answers with backpressure, the same
// event is published again after kPause.
// Limits: kMaxCount events. Threading: all on the strand that `later` runs tasks on. Lifetime:
// shared; the broker outlives it.
#pragma once

#include <memory>
#include <optional>

#include "admin/event_counter.h"

namespace runard::admin {

struct PubBenchOptions {
  BenchTopic topic;
  rpc::Payload payload;
  std::uint64_t count = 1;
  core::Duration patience = std::chrono::seconds(10);  // without any progress
};

struct PubBenchResult {
  std::uint64_t count = 0;           // events that the broker took
  std::uint64_t busy = 0;            // how often it had no room
  core::Duration published{};        // until the last was taken
  core::Duration elapsed{};          // until the report came
  EventCount seen;                   // by the receiving end
  std::optional<core::Error> error;  // then the rest says how far it got
};

class PubBench final : public rpc::EventConsumer, public std::enable_shared_from_this<PubBench> {
 public:
  static constexpr std::uint64_t kMaxCount = 100'000'000;
  static constexpr std::uint32_t kTurn = 256;
  static constexpr core::Duration kPause = std::chrono::microseconds(200);
  using Done = core::UniqueFunction<void(const PubBenchResult&)>;

  PubBench(PubBenchOptions options, rpc::Broker& broker, const core::Clock& clock, Later later);
  // kInvalidArgument: a count of zero or beyond the limit, or a topic that leaves no room for the
  // report's. `run` tells runs of one topic apart. Then `done` comes once.
  core::Result<void> start(std::string run, Done done);
  // Ends it with what it has; the error is kCancelled.
  void stop();
  void ready() noexcept override;

 private:
  enum class Step : std::uint8_t { kBegin, kEvents, kEnd, kReport };
  core::Result<void> listen();
  void go_on(core::Duration delay);
  void turn();
  rpc::Receipt publish();
  bool take(const rpc::Receipt& receipt);
  void read_reports();
  void arm_patience(std::uint64_t progress);
  void end(std::optional<core::Error> error);

  const PubBenchOptions options_;
  rpc::Broker& broker_;
  const core::Clock& clock_;
  const Later later_;
  std::string run_;
  Done done_;  // empty: over
  Step step_ = Step::kBegin;
  core::TimePoint began_{};
  std::uint64_t progress_ = 0;  // events and marks that were taken
  PubBenchResult result_;
  std::shared_ptr<EventCounter> counter_;  // of a local bench
  std::shared_ptr<rpc::EventQueue> reports_;
};

}  // namespace runard::admin
