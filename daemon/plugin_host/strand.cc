#include "plugin_host/strand.h"

namespace runard::plugin_host {
namespace {

// Another thread has just written it: what is behind its first line comes while the list is walked.
void prefetch(const StrandTask& task) {
  for (std::size_t line = 1; line <= 5; ++line) {
    __builtin_prefetch(reinterpret_cast<const char*>(&task) + line * 64);
  }
}

}  // namespace

void Strand::post(StrandTask& task) {
  std::uintptr_t head = head_.load(std::memory_order_relaxed);
  do {
    task.next_ = head == kIdle || head == kBusy ? nullptr : reinterpret_cast<StrandTask*>(head);
  } while (!head_.compare_exchange_weak(head, reinterpret_cast<std::uintptr_t>(&task),
                                        std::memory_order_seq_cst, std::memory_order_relaxed));
  if (head == kIdle) {
    scheduler_.submit(*this);
  }
}

bool Strand::try_enter() {
  std::uintptr_t expected = kIdle;
  if (!head_.compare_exchange_strong(expected, kBusy, std::memory_order_seq_cst,
                                     std::memory_order_relaxed)) {
    return false;
  }
  owner_.store(&this_thread(), std::memory_order_relaxed);
  return true;
}

void Strand::leave() {
  if (!rest()) {
    scheduler_.submit(*this);  // tasks came meanwhile; they run on a worker, not inside a host call
  }
}

// Gives the strand up; false when there is work left, which the caller then has to schedule.
bool Strand::rest() {
  owner_.store(nullptr, std::memory_order_relaxed);
  if (oldest_ != nullptr) {
    return false;
  }
  std::uintptr_t expected = kBusy;
  return head_.compare_exchange_strong(expected, kIdle, std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
}

bool Strand::take_new() {
  if (head_.load(std::memory_order_relaxed) == kBusy) {
    return false;
  }
  auto* newest = reinterpret_cast<StrandTask*>(head_.exchange(kBusy, std::memory_order_acq_rel));
  while (newest != nullptr) {  // the list is newest first
    StrandTask* const older = newest->next_;
    prefetch(*newest);
    newest->next_ = oldest_;
    oldest_ = newest;
    newest = older;
  }
  return true;
}

void Strand::run() noexcept {
  const core::TimePoint until = clock_.now() + kMaxTurn;
  int tasks = 0;
  do {
    owner_.store(&this_thread(), std::memory_order_relaxed);
    while (oldest_ != nullptr || take_new()) {
      StrandTask* const task = oldest_;
      oldest_ = task->next_;
      task->run();
      if (++tasks == kMaxTasks || clock_.now() > until) {
        leave();
        return;
      }
    }
  } while (!rest());
}

}  // namespace runard::plugin_host
