// Strand: the test host's clock and its one queue of work.
//
// Time is virtual and moves only when it is told to. Work that is due runs in the order of its
// time, then of its arrival, on the thread that asks for it: the same test runs the same way each
// time. add() may be called from any thread; the rest belongs to the test's thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace runar::testing {

class Strand {
 public:
  using Work = std::function<void()>;

  std::int64_t now() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void add(std::int64_t delay_ns, Work work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.emplace(std::pair(now_ + std::max<std::int64_t>(delay_ns, 0), next_++),
                     std::move(work));
    }
    arrived_.notify_all();
  }
  // Whether the calling thread runs work now.
  bool here() const {
    const std::lock_guard lock(mutex_);
    return running_ == std::this_thread::get_id();
  }

  // Runs all that is due now, and what that adds.
  void run() {
    while (Work work = take()) {
      work();
    }
    enter({});
  }
  // Moves the clock to where the next work is due; false when there is none up to `limit`.
  bool skip_ahead(std::int64_t limit) {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || queue_.begin()->first.first > limit) {
      return false;
    }
    now_ = std::max(now_, queue_.begin()->first.first);
    return true;
  }
  void set_now(std::int64_t now) {
    const std::lock_guard lock(mutex_);
    now_ = std::max(now_, now);
  }
  // Waits in real time until another thread adds work that is due, or `patience` is over.
  bool wait_for_work(std::chrono::nanoseconds patience) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, patience, [this] { return due(); });
  }
  // Runs `work` as if the strand did: for what the test itself starts.
  template <class F>
  decltype(auto) inside(F&& work) {
    struct Guard {
      Strand& strand;
      std::thread::id before;
      ~Guard() { strand.enter(before); }
    } guard{*this, enter(std::this_thread::get_id())};
    return work();
  }

 private:
  bool due() const { return !queue_.empty() && queue_.begin()->first.first <= now_; }
  Work take() {
    const std::lock_guard lock(mutex_);
    if (!due()) {
      return nullptr;
    }
    running_ = std::this_thread::get_id();
    return std::move(queue_.extract(queue_.begin()).mapped());
  }
  std::thread::id enter(std::thread::id who) {
    const std::lock_guard lock(mutex_);
    return std::exchange(running_, who);
  }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<std::int64_t, std::uint64_t>, Work> queue_;
  std::int64_t now_ = 1'000'000'000;
  std::uint64_t next_ = 0;
  std::thread::id running_;
};

}  // namespace runar::testing
