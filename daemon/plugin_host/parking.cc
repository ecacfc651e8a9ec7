#include "plugin_host/parking.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace runard::plugin_host {
namespace {

// std::atomic::wait() yields the processor several times before it sleeps, and wakes in the order
// in which threads came.
void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  static_assert(sizeof word == sizeof value && std::atomic<std::uint32_t>::is_always_lock_free);
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

}  // namespace

void Parking::announce(Spot& spot) {
  const std::lock_guard lock(mutex_);
  spot.woken_.store(0, std::memory_order_relaxed);
  spots_.push_back(&spot);
  count_.store(static_cast<std::uint32_t>(spots_.size()));
}

bool Parking::withdraw(Spot& spot) {
  const std::lock_guard lock(mutex_);
  const bool there = std::erase(spots_, &spot) > 0;
  count_.store(static_cast<std::uint32_t>(spots_.size()));
  return there;
}

void Parking::sleep(Spot& spot) {
  while (spot.woken_.load(std::memory_order_acquire) == 0) {
    futex(spot.woken_, FUTEX_WAIT, 0);
  }
}

void Parking::wake_one() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (count_.load(std::memory_order_relaxed) == 0) {
    return;
  }
  Spot* spot = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (spots_.empty()) {
      return;
    }
    spot = spots_.back();
    spots_.pop_back();
    count_.store(static_cast<std::uint32_t>(spots_.size()));
    spot->woken_.store(1, std::memory_order_release);
  }
  // The thread may be off already, with its spot: then this wakes nobody, and reads nothing.
  futex(spot->woken_, FUTEX_WAKE, 1);
}

void Parking::wake_all() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (spots_.empty()) {
        return;
      }
    }
    wake_one();
  }
}

}  // namespace runard::plugin_host
