// ThreadList: the threads that may be inside plugin code, for the watchdog to look at.
//
// A thread is entered by a ThreadScope on its own stack; one that is being made is announced
// before, so that nobody who waits for the last of them misses it. Threading: any.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/clock.h"
#include "plugin_host/thread_context.h"

namespace runard::plugin_host {

class ThreadList {
 public:
  // A thread of that role is about to begin; it add()s itself. Or it could not be made.
  void announce(ThreadRole role);
  void renounce(ThreadRole role);
  void add(ThreadContext& thread);
  void remove(ThreadContext& thread);
  // Calls f(ThreadContext&) for each; none of them can end meanwhile.
  template <class F>
  void for_each(F f) {
    const std::lock_guard lock(mutex_);
    for (ThreadContext* thread : threads_) {
      f(*thread);
    }
  }
  // After it, no f of a for_each that began before still runs.
  void synchronize() { const std::lock_guard lock(mutex_); }
  // Waits until no thread of that role is left or announced. False: some are.
  bool wait_none(ThreadRole role, core::Duration patience);

 private:
  bool has(ThreadRole role) const;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ThreadContext*> threads_;
  std::array<std::uint32_t, kThreadRoles> announced_{};  // by role
};

// Declares what the calling thread is, for as long as the scope lasts.
class ThreadScope {
 public:
  ThreadScope(ThreadList& list, ThreadRole role);
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;
  ~ThreadScope();

 private:
  ThreadList& list_;
};

}  // namespace runard::plugin_host
