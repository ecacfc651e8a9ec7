// BlockingPool: threads that are allowed to wait: BLOCKING handlers and the loading of plugin
// files.
//
// Elastic: a thread is started when work comes and none is free, up to a cap; one that had nothing
// to do for kIdle ends. Beyond the cap work queues; what can be submitted at once is bounded by who
// submits (Lane). Threading: submit() from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "core/clock.h"
#include "plugin_host/scheduler.h"
#include "plugin_host/thread_list.h"

namespace runard::plugin_host {

class BlockingPool final : public Scheduler {
 public:
  static constexpr core::Duration kIdle = std::chrono::seconds(10);

  BlockingPool(std::uint32_t max_threads, ThreadList& threads)
      : max_threads_(max_threads), list_(threads) {}

  void start(const std::shared_ptr<void>& keep_alive) { keep_alive_ = keep_alive; }
  bool stop(core::Duration patience);  // as Workers::stop
  void submit(Runnable& work) override;

 private:
  void start_thread();
  void work();

  const std::uint32_t max_threads_;
  ThreadList& list_;
  std::weak_ptr<void> keep_alive_;
  std::mutex mutex_;  // protects all below
  std::condition_variable wake_;
  std::deque<Runnable*> queue_;
  std::uint32_t threads_ = 0;
  std::uint32_t free_ = 0;
  bool stopping_ = false;
};

}  // namespace runard::plugin_host
