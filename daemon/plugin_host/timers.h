// Timers: one thread that tells when an instant has come. For what plugins post with a delay.
//
// Bounded by who arms: an armed timer is one of a bounded table's slots. The thread is there before
// the first timer: where the system gives none, no timer may be half armed. Threading: any. The
// sink runs on the timer thread and must not block.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/clock.h"

namespace runard::plugin_host {

class TimerSink {
 public:
  virtual void timer_due(std::uint64_t id) noexcept = 0;

 protected:
  ~TimerSink() = default;
};

class Timers {
 public:
  Timers(const core::Clock& clock, TimerSink& sink) : clock_(clock), sink_(sink) {}
  ~Timers() { stop(); }

  void start();  // once; std::system_error when the system has no thread for it
  void arm(core::TimePoint due, std::uint64_t id);
  // Forgets it; it may be on its way to the sink already.
  void disarm(core::TimePoint due, std::uint64_t id);
  void stop();

 private:
  void work();

  const core::Clock& clock_;
  TimerSink& sink_;
  std::mutex mutex_;  // protects all below
  std::condition_variable changed_;
  std::set<std::pair<core::TimePoint, std::uint64_t>> armed_;
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace runard::plugin_host
