// Fakes behind the seams of core: time that moves when told, a strand that runs when told.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "core/clock.h"
#include "core/executor.h"

namespace runard::test {

class ManualClock final : public core::Clock {
 public:
  core::TimePoint now() const override { return core::TimePoint(time_); }
  core::WallTime wall() const override {
    return core::WallTime(std::chrono::seconds(1'700'000'000) + time_);
  }
  void advance(core::Duration by) { time_ += by; }

 private:
  core::Duration time_ = std::chrono::hours(1);
};

// Posting is allowed from any thread; run() and advance() belong to the test's.
class ManualExecutor final : public core::Executor {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  void post(core::Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  core::TimerId after(core::Duration delay, core::Task task) override {
    const std::lock_guard lock(mutex_);
    timers_.emplace(std::pair(clock_.now() + delay, ++last_), std::move(task));
    return last_;
  }
  void cancel(core::TimerId timer) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(timers_, [timer](const auto& t) { return t.first.second == timer; });
  }

  // Runs what was posted, and what that posts.
  void run() {
    while (core::Task task = take()) {
      task();
    }
  }
  // Moves time on, running timers at their times.
  void advance(core::Duration by) {
    const core::TimePoint end = clock_.now() + by;
    run();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      clock_.advance(std::max(core::Duration{0}, timers_.begin()->first.first - clock_.now()));
      core::Task task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
      run();
    }
    clock_.advance(end - clock_.now());
  }

 private:
  core::Task take() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) {
      return {};
    }
    core::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }
  ManualClock& clock_;
  std::mutex mutex_;
  std::deque<core::Task> tasks_;
  std::map<std::pair<core::TimePoint, core::TimerId>, core::Task> timers_;
  core::TimerId last_ = 0;
};

}  // namespace runard::test
