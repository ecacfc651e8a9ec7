// ReadyQueue: a bounded queue for many producers and many consumers, without a lock.
//
// Source: D. Vyukov's bounded MPMC queue: each cell carries the turn in which it may be written or
// read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/check.h"

namespace runard::plugin_host {

template <class T>
class ReadyQueue {
 public:
  // `capacity` is a power of two.
  explicit ReadyQueue(std::size_t capacity)
      : mask_(capacity - 1), cells_(std::make_unique<Cell[]>(capacity)) {
    RUNARD_CHECK(capacity >= 2 && (capacity & mask_) == 0);
    for (std::size_t i = 0; i < capacity; ++i) {
      cells_[i].turn.store(i, std::memory_order_relaxed);
    }
  }

  // False when full.
  bool push(T* item) {
    std::size_t place = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[place & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      const auto ahead = static_cast<std::ptrdiff_t>(turn - place);
      if (ahead < 0) {
        return false;
      }
      if (ahead > 0) {
        place = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(place, place + 1, std::memory_order_relaxed)) {
        cell.item = item;
        cell.turn.store(place + 1, std::memory_order_release);
        return true;
      }
    }
  }
  // Null when empty.
  T* pop() {
    std::size_t place = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[place & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      const auto ahead = static_cast<std::ptrdiff_t>(turn - (place + 1));
      if (ahead < 0) {
        return nullptr;
      }
      if (ahead > 0) {
        place = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(place, place + 1, std::memory_order_relaxed)) {
        T* const item = cell.item;
        cell.turn.store(place + mask_ + 1, std::memory_order_release);
        return item;
      }
    }
  }
  bool empty() const {
    return head_.load(std::memory_order_acquire) >= tail_.load(std::memory_order_acquire);
  }

 private:
  struct Cell {
    std::atomic<std::size_t> turn{0};
    T* item = nullptr;
  };
  const std::size_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace runard::plugin_host
