// Strand: serialises all that runs for one service instance. A role, not a thread.
//
// post() is lock-free and never runs the task inside. try_enter() lets the calling thread take the
// strand when it is idle, which is how a direct call costs one compare-and-swap. A turn runs at
// most kMaxTasks tasks or about kMaxTurn, then lets others go first. Threading: post() and
// try_enter() from any thread. Tasks are intrusive: their owner keeps them alive until run() was
// called, and run() may end their life.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/clock.h"
#include "plugin_host/scheduler.h"
#include "plugin_host/thread_context.h"

namespace runard::plugin_host {

class StrandTask {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~StrandTask() = default;

 private:
  friend class Strand;
  StrandTask* next_ = nullptr;
};

class Strand final : public Runnable {
 public:
  static constexpr int kMaxTasks = 64;
  static constexpr core::Duration kMaxTurn = std::chrono::milliseconds(1);

  Strand(Scheduler& scheduler, const core::Clock& clock) : scheduler_(scheduler), clock_(clock) {}

  void post(StrandTask& task);
  // True: nobody else is on the strand until leave().
  bool try_enter();
  void leave();
  bool held_by_this_thread() const {
    return owner_.load(std::memory_order_relaxed) == &this_thread();
  }
  // Sequentially consistent with entering it: a flag that was set before idle() said yes is seen by
  // whoever comes onto the strand afterwards, and what was done on the strand before is seen here.
  bool idle() const { return head_.load(std::memory_order_seq_cst) == kIdle; }

  void run() noexcept override;  // called by the scheduler only

 private:
  // head_ is kIdle, kBusy (running or scheduled, nothing new), or the newest of a list of tasks.
  static constexpr std::uintptr_t kIdle = 0;
  static constexpr std::uintptr_t kBusy = 1;

  bool take_new();
  bool rest();

  Scheduler& scheduler_;
  const core::Clock& clock_;
  std::atomic<std::uintptr_t> head_{kIdle};
  std::atomic<ThreadContext*> owner_{nullptr};
  StrandTask* oldest_ = nullptr;  // taken in, in order; only the one who is on the strand
};

}  // namespace runard::plugin_host
