// Waiting: the meeting point of a coroutine that waits and a callback that wakes it.
//
// Whoever comes second goes on. When the callback was first (a direct call that answered inside,
// or another thread that was faster) the coroutine does not suspend at all; otherwise the callback
// resumes it, on the strand, where callbacks run.
#pragma once

#include <atomic>
#include <coroutine>

namespace runar::detail {

class Meeting {
 public:
  // For await_suspend, as its last act: false when the callback came already.
  bool suspend() noexcept {
    return stage_.exchange(kSuspended, std::memory_order_acq_rel) == kStarted;
  }
  void expect(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  // For the callback, as its last act: the waiter may be gone when it returns.
  void arrive() noexcept {
    const std::coroutine_handle<> waiting = waiting_;
    if (stage_.exchange(kArrived, std::memory_order_acq_rel) == kSuspended) {
      waiting.resume();
    }
  }

 private:
  enum Stage : unsigned char { kStarted, kSuspended, kArrived };
  std::coroutine_handle<> waiting_;
  std::atomic<Stage> stage_ = kStarted;
};

}  // namespace runar::detail
