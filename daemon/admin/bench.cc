#include "admin/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace runard::admin {
using core::Errc;

core::Result<std::unique_ptr<Bench>> Bench::create(BenchOptions options, rpc::Handler& calls,
                                                   const core::Clock& clock, Later later) {
  if (options.count == 0 || options.count > kMaxCount || options.inflight == 0 ||
      options.inflight > kMaxInFlight || options.rate > kMaxRate) {
    return core::fail(
        Errc::kInvalidArgument,
        fmt::format("a bench makes 1 to {} calls, 1 to {} of them at once, at most {} "
                    "a second",
                    kMaxCount, kMaxInFlight, kMaxRate));
  }
  options.inflight =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(options.inflight, options.count));
  return std::unique_ptr<Bench>(new Bench(std::move(options), calls, clock, std::move(later)));
}

Bench::Bench(BenchOptions options, rpc::Handler& calls, const core::Clock& clock, Later later)
    : options_(std::move(options)),
      calls_(calls),
      clock_(clock),
      later_(std::move(later)),
      lanes_(std::make_unique<Lane[]>(options_.inflight)) {}

void Bench::start(Done done) {
  done_ = std::move(done);
  began_ = clock_.now();
  running_ = options_.inflight + 1;
  for (std::uint32_t lane = 0; lane < options_.inflight; ++lane) {
    run(lane);
  }
  leave();
}

void Bench::stop() {
  stopping_ = true;
  for (std::uint32_t lane = 0; lane < options_.inflight; ++lane) {
    calls_.cancel(lanes_[lane].ticket);
  }
}

// When the next call is due. None: there is no further one.
std::optional<core::TimePoint> Bench::take() {
  const std::uint64_t errors = errors_.load(std::memory_order_relaxed);
  if (stopping_ || (errors >= kMaxFailures && errors == answered_)) {
    return {};
  }
  const std::uint64_t before = started_.fetch_add(1, std::memory_order_relaxed);
  if (before >= options_.count) {
    return {};
  }
  return options_.rate == 0 ? began_
                            : began_ + core::Duration(std::chrono::seconds(before)) / options_.rate;
}

// Whether the lane waits for its call's time; it goes on then.
bool Bench::early(const Lane& lane, std::uint32_t number) {
  if (options_.rate == 0 || stopping_) {
    return false;
  }
  const core::Duration wait = *lane.due - clock_.now();
  if (wait <= core::Duration{0}) {
    return false;
  }
  later_(std::min(wait, kNap), [this, number] { run(number); });
  return true;
}

void Bench::run(std::uint32_t number) {
  Lane& lane = lanes_[number];
  for (std::uint32_t turn = 0; turn < kTurn; ++turn) {
    if (!lane.due) {
      lane.due = take();
    }
    if (lane.due && early(lane, number)) {
      return;
    }
    if (!lane.due || stopping_) {
      leave();
      return;
    }
    call(lane, number);
    if (lane.stage.exchange(kParked) != kAnswered) {
      return;  // the reply goes on; the lane is no longer this frame's
    }
  }
  later_(core::Duration{0}, [this, number] { run(number); });
}

void Bench::call(Lane& lane, std::uint32_t number) {
  rpc::Request request;
  request.network = options_.network;
  request.path = options_.path;
  request.payload = options_.payload;
  request.flags = rpc::kDirect;
  request.target = options_.target;
  const core::TimePoint now = clock_.now();
  lane.stage = kCalling;
  lane.began = options_.rate == 0 ? now : *lane.due;
  lane.due.reset();
  request.deadline = now + options_.timeout;
  lane.ticket = calls_.call(request, {this, {number, 0, 0}});
  if (stopping_) {
    calls_.cancel(lane.ticket);  // stop() may have looked before the ticket was there
  }
}

void Bench::complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept {
  const auto number = static_cast<std::uint32_t>(cookie[0]);
  Lane& lane = lanes_[number];
  if (reply.ok()) {
    latencies_.record(clock_.now() - lane.began);
  } else {
    note_error(reply);
  }
  answered_.fetch_add(1);
  if (lane.stage.exchange(kAnswered) == kParked) {
    run(number);
  }
}

void Bench::note_error(const rpc::Reply& reply) {
  if (errors_.fetch_add(1) == 0) {
    first_error_ =
        core::Error{reply.code, std::string(reply.message), reply.executed, reply.app_code};
  }
}

// The last one out tells; whoever is told may destroy this.
void Bench::leave() {
  if (running_.fetch_sub(1) == 1) {
    Done done = std::move(done_);
    done(result());
  }
}

BenchResult Bench::result() const {
  BenchResult result;
  result.count = answered_;
  result.errors = errors_;
  result.elapsed = clock_.now() - began_;
  result.p50 = latencies_.quantile(0.50);
  result.p90 = latencies_.quantile(0.90);
  result.p99 = latencies_.quantile(0.99);
  result.max = latencies_.max();
  result.first_error = first_error_;
  return result;
}

}  // namespace runard::admin
