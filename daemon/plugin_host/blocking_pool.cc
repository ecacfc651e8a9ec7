#include "plugin_host/blocking_pool.h"

#include <system_error>
#include <thread>

namespace runard::plugin_host {

bool BlockingPool::stop(core::Duration patience) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  return list_.wait_none(ThreadRole::kBlocking, patience);
}

void BlockingPool::submit(Runnable& work) {
  bool spawn = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&work);
    spawn = queue_.size() > free_ && threads_ < max_threads_;
    threads_ += spawn ? 1 : 0;
    wake_.notify_one();
  }
  if (spawn) {
    start_thread();
  }
}

void BlockingPool::start_thread() {
  list_.announce(ThreadRole::kBlocking);
  try {
    std::thread([this, alive = keep_alive_.lock()] {
      const ThreadScope scope(list_, ThreadRole::kBlocking);
      work();
    }).detach();                        // ThreadList::wait_none() joins
  } catch (const std::system_error&) {  // the system's limit of threads: those there are go on
    list_.renounce(ThreadRole::kBlocking);
    const std::lock_guard lock(mutex_);
    --threads_;
  }
}

void BlockingPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++free_;
    const bool woken = wake_.wait_for(lock, kIdle, [this] { return stopping_ || !queue_.empty(); });
    --free_;
    if (queue_.empty() && (stopping_ || !woken)) {
      --threads_;
      return;
    }
    Runnable* const work = queue_.front();
    queue_.pop_front();
    lock.unlock();
    work->run();
    lock.lock();
  }
}

}  // namespace runard::plugin_host
