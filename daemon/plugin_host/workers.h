// Workers: the threads that run strands and PARALLEL handlers.
//
// submit() takes no lock unless a worker sleeps. The pool grows by spare threads,
// up to a cap, while workers make no progress although work waits (the watchdog decides), and
// shrinks again afterwards.
// Threading: submit(), add_spare() and set_stalled() from any thread; start() and stop() by the
// owner.
#pragma once

#include <atomic>
#include <memory>

#include "core/burst.h"
#include "core/clock.h"
#include "plugin_host/parking.h"
#include "plugin_host/ready_queue.h"
#include "plugin_host/scheduler.h"
#include "plugin_host/thread_context.h"
#include "plugin_host/thread_list.h"

namespace runard::plugin_host {

class Workers final : public Scheduler, private core::Burst::Sleepers {
 public:
  struct Options {
    std::uint32_t threads = 2;
    std::uint32_t spares = 4;
    std::size_t queue = 4096;  // a power of two, at least as many as can be runnable at once
  };
  Workers(const Options& options, ThreadList& threads);
  ~Workers() override;

  // Each thread holds `keep_alive` for as long as it lives: one that is stuck in a plugin may live
  // longer than the daemon's other parts.
  void start(const std::shared_ptr<void>& keep_alive);
  // Lets the threads end when nothing is queued any more. False: some did not within `patience`;
  // they are left alone.
  bool stop(core::Duration patience);

  void submit(Runnable& work) override;
  bool has_work() const { return !queue_.empty(); }
  // Starts one more thread unless the cap is reached.
  bool add_spare();
  // How many workers are known to make no progress; those do not count as useful threads.
  void set_stalled(std::uint32_t count) { stalled_.store(count, std::memory_order_relaxed); }
  std::uint32_t size() const { return options_.threads; }
  std::uint32_t alive() const { return alive_.load(std::memory_order_relaxed); }

 private:
  void wake(std::uint32_t most) override;
  bool spawn();
  void work();
  Runnable* next(Parking::Spot& spot);
  bool retire_if_surplus();

  const Options options_;
  ThreadList& threads_;
  ReadyQueue<Runnable> queue_;
  std::weak_ptr<void> keep_alive_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> alive_{0};
  std::atomic<std::uint32_t> stalled_{0};
  alignas(64) Parking parking_;
};

}  // namespace runard::plugin_host
