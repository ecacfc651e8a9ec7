// Bench: keeps up to M calls of one action in flight until N are answered, and tells how long they
// took. It measures inside the daemon: what a client of the control socket would add is not in it.
//
// Each of the M is a lane: its next call starts when its last one was answered. A reply that comes
// inside call() goes on in the frame that called, so the stack does not grow; after kTurn such
// replies the lane is posted, so nobody else on the thread has to wait for the bench.
// With a rate the calls are due one after the other at that pace, however late the answers come,
// and a latency counts from when its call was due: a stall is seen by every call it held up (Tene,
// "How NOT to Measure Latency": coordinated omission). M then only bounds how many wait.
// A latency includes one reading of the clock, and is counted for successful calls only.
//
// Limits: kMaxCount calls, kMaxInFlight lanes, kMaxRate. A run in which the first kMaxFailures
// calls all failed ends there. Memory: the lanes and one histogram, however many calls. Threading:
// start() once, stop() any time, on any thread; `done` runs on any thread. Lifetime: must live
// until `done` was called; may be destroyed from then on. Every call has a deadline, so that comes.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "admin/later.h"
#include "core/function.h"
#include "core/latency_histogram.h"
#include "rpc/handler.h"

namespace runard::admin {

struct BenchOptions {
  std::string network;
  std::string path;  // canonical, without the network
  rpc::Payload payload;
  core::NodeId target;  // zero: any provider
  std::uint64_t count = 1;
  std::uint32_t inflight = 1;
  std::uint32_t rate = 0;  // calls a second; zero: as fast as they are answered
  core::Duration timeout = std::chrono::seconds(5);  // of each call
};

struct BenchResult {
  std::uint64_t count = 0;   // calls answered
  std::uint64_t errors = 0;  // of those, with an error
  core::Duration elapsed{};
  core::Duration p50{}, p90{}, p99{}, max{};
  std::optional<core::Error> first_error;
};

class Bench final : private rpc::Completion {
 public:
  static constexpr std::uint64_t kMaxCount = 10'000'000;
  static constexpr std::uint32_t kMaxInFlight = 1024;
  static constexpr std::uint32_t kMaxRate = 1'000'000;
  static constexpr std::uint64_t kMaxFailures = 1000;
  static constexpr std::uint32_t kTurn = 256;

  static constexpr core::Duration kNap = std::chrono::milliseconds(100);  // until stop() is seen

  using Done = core::UniqueFunction<void(BenchResult)>;

  // kInvalidArgument when count or inflight is zero, or one of the three is over its limit.
  static core::Result<std::unique_ptr<Bench>> create(BenchOptions options, rpc::Handler& calls,
                                                     const core::Clock& clock, Later later);
  void start(Done done);
  // No further calls; those in flight are cancelled. `done` still comes.
  void stop();

 private:
  // A call has two ends, the frame that made it and its reply; the second of them goes on.
  enum Stage : std::uint32_t { kCalling, kParked, kAnswered };
  struct Lane {
    std::atomic<std::uint32_t> stage{kCalling};
    std::atomic<rpc::Ticket> ticket{0};
    std::optional<core::TimePoint> due;  // of the call it is to make next
    core::TimePoint began{};
  };

  Bench(BenchOptions options, rpc::Handler& calls, const core::Clock& clock, Later later);
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  void run(std::uint32_t lane);
  std::optional<core::TimePoint> take();
  bool early(const Lane& lane, std::uint32_t number);
  void call(Lane& lane, std::uint32_t number);
  void note_error(const rpc::Reply& reply);
  void leave();
  BenchResult result() const;

  const BenchOptions options_;
  rpc::Handler& calls_;
  const core::Clock& clock_;
  Later later_;
  Done done_;
  core::TimePoint began_{};
  std::unique_ptr<Lane[]> lanes_;
  core::LatencyHistogram<6> latencies_;  // within 1.6 %
  std::atomic<std::uint64_t> started_{0}, answered_{0}, errors_{0};
  std::atomic<std::uint32_t> running_{0};  // lanes, and start() itself
  std::atomic<bool> stopping_{false};
  std::optional<core::Error> first_error_;  // written by the first call that fails, read at the end
};

}  // namespace runard::admin
