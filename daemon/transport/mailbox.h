// Mailbox: how other threads hand work to the I/O thread.
//
// Shape: a lock-free stack that is taken whole and turned round, so letters of one sender stay in
// order; tasks, which are rare, go through a mutex. Bounded by the tables that letters live in.
// Threading: push() and post() from any thread; take(), tasks() and the sleeping protocol on the
// I/O thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "core/function.h"

namespace runard::transport {

// Lies in the object it is about; is in one mailbox at most.
struct Letter {
  enum class Kind : std::uint8_t { kCall, kReply, kLane };
  explicit Letter(Kind k) : kind(k) {}
  const Kind kind;
  Letter* next = nullptr;
};

class Mailbox {
 public:
  // Makes the I/O thread take a turn. Called from any thread, at most once a sleep.
  void set_wake(std::function<void()> wake);

  void push(Letter& letter);
  void post(core::Task task);

  // All letters so far, the oldest first, linked by `next`.
  Letter* take();
  std::vector<core::Task> tasks();

  // Before the I/O thread waits: false when something came meanwhile, then it has to go on.
  bool may_sleep();
  void awake() { awake_.store(true); }

 private:
  void wake();

  std::atomic<Letter*> head_{nullptr};
  std::atomic<bool> awake_{true};
  std::atomic<bool> has_tasks_{false};
  std::mutex mutex_;  // protects what follows
  std::function<void()> wake_;
  std::vector<core::Task> tasks_;
};

}  // namespace runard::transport
