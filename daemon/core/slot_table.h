// SlotTable<T>: a lock-free pool of T, each named by a 64-bit generation-checked id.
//
// Shape: id = generation (32 bits) << 32 | index + 1; 0 is never an id. Memory of a slot is never
// given back while the table lives, so a stale id is always safe to present and is simply refused.
// Life of a slot: open() -> [with()]* -> claim() -> close(). claim() succeeds for exactly one
// caller; that is how "answered exactly once" is decided everywhere in runard. Any thread. No lock;
// memory is allocated only while the table grows towards its capacity. Source: Treiber's stack with
// a tag against ABA for the free list.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "core/check.h"

namespace runard::core {

using SlotId = std::uint64_t;

template <class T>
class SlotTable {
 public:
  explicit SlotTable(std::uint32_t capacity) : capacity_(capacity) {
    RUNARD_CHECK(capacity <= kChunks * kChunkSlots);
  }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  ~SlotTable() {
    for (auto& chunk : chunks_) {
      delete[] chunk.load();
    }
  }

  // A slot that only the caller knows until publish(). `value` is null when the table is full.
  struct Opened {
    SlotId id = 0;
    T* value = nullptr;
  };
  Opened open() {
    const std::uint32_t index = pop();
    if (index == kNone) {
      return {};
    }
    Slot& slot = at(index);
    return {make_id(index, slot.state.load(std::memory_order_relaxed) >> kFlagBits), &slot.value};
  }
  // From now on the id works. Call after the value is filled in.
  void publish(SlotId id) {
    Slot* slot = find(id);
    RUNARD_CHECK(slot != nullptr);
    slot->state.store(word(generation(id), kOpen), std::memory_order_release);
  }
  // Gives back a slot that was opened but never published.
  void abandon(SlotId id) {
    Slot* slot = find(id);
    RUNARD_CHECK(slot != nullptr);
    push(index_of(id), generation(id));
  }

  // The one winner gets the value, all others null. The winner must close() it.
  T* claim(SlotId id) {
    Slot* slot = find(id);
    if (slot == nullptr) {
      return nullptr;
    }
    std::uint64_t expected = word(generation(id), kOpen);
    return slot->state.compare_exchange_strong(expected, word(generation(id), kClaimed),
                                               std::memory_order_acq_rel)
               ? &slot->value
               : nullptr;
  }
  void close(SlotId id) { push(index_of(id), generation(id)); }

  // The winner of claim() changed its mind: the id is open again.
  void reopen(SlotId id) {
    Slot* slot = find(id);
    RUNARD_CHECK(slot != nullptr);
    slot->state.store(word(generation(id), kOpen), std::memory_order_release);
  }

  // A look at an open slot's value. Only fields that are atomic may be read through it: another
  // thread may claim and reuse the slot at any moment; is_open() afterwards tells whether what was
  // read belonged to the id.
  T* peek(SlotId id) {
    Slot* slot = find(id);
    return slot != nullptr &&
                   slot->state.load(std::memory_order_acquire) == word(generation(id), kOpen)
               ? &slot->value
               : nullptr;
  }
  bool is_open(SlotId id) { return peek(id) != nullptr; }
  // The same for a slot that is open or claimed.
  T* peek_live(SlotId id) {
    Slot* slot = find(id);
    if (slot == nullptr) {
      return nullptr;
    }
    const std::uint64_t state = slot->state.load(std::memory_order_acquire);
    const bool live =
        state == word(generation(id), kOpen) || state == word(generation(id), kClaimed);
    return live ? &slot->value : nullptr;
  }

  // Calls f(id, value) for each open slot, under the same rule as peek().
  template <class F>
  void for_each_open(F f) {
    for_each_used([&](std::uint32_t index, Slot& slot) {
      const std::uint64_t state = slot.state.load(std::memory_order_acquire);
      if ((state & kFlagMask) == kOpen) {
        f(make_id(index, state >> kFlagBits), slot.value);
      }
    });
  }

  // Calls f(value) for each slot that was ever used, open or not, under the same rule as peek().
  template <class F>
  void for_each_slot(F f) const {
    for_each_used([&](std::uint32_t, const Slot& slot) { f(slot.value); });
  }

  // How many are open or claimed: a look at each slot, since a count kept up to date would cost
  // each user two atomic operations.
  std::uint32_t open_count() const {
    std::uint32_t count = 0;
    for_each_used([&](std::uint32_t, const Slot& slot) {
      count += (slot.state.load(std::memory_order_relaxed) & kFlagMask) == kFree ? 0 : 1;
    });
    return count;
  }
  std::uint32_t capacity() const { return capacity_; }

 private:
  static constexpr std::uint32_t kChunkSlots = 256;
  static constexpr std::uint32_t kChunks = 1024;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint64_t kFlagBits = 2;
  static constexpr std::uint64_t kFlagMask = 3;
  enum Flag : std::uint64_t { kFree = 0, kOpen = 1, kClaimed = 2 };

  // Neighbours are different threads' business: they share no cache line.
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> state{1ULL << kFlagBits};  // generation << 2 | flag
    std::atomic<std::uint32_t> next_free{kNone};
    T value{};
  };

  static SlotId make_id(std::uint32_t index, std::uint64_t gen) {
    return (gen << 32) | (index + 1);
  }
  static std::uint32_t index_of(SlotId id) { return static_cast<std::uint32_t>(id) - 1; }
  static std::uint64_t generation(SlotId id) { return id >> 32; }
  static std::uint64_t word(std::uint64_t gen, Flag flag) { return (gen << kFlagBits) | flag; }

  template <class F>
  void for_each_used(F f) const {
    const std::uint32_t used = used_.load(std::memory_order_acquire);
    for (std::uint32_t index = 0; index < used; ++index) {
      Slot* chunk = chunks_[index / kChunkSlots].load(std::memory_order_acquire);
      if (chunk != nullptr) {
        f(index, chunk[index % kChunkSlots]);
      }
    }
  }

  Slot& at(std::uint32_t index) {
    return chunks_[index / kChunkSlots].load(std::memory_order_acquire)[index % kChunkSlots];
  }
  Slot* find(SlotId id) {
    const std::uint32_t index = index_of(id);
    if (static_cast<std::uint32_t>(id) == 0 || index >= used_.load(std::memory_order_acquire)) {
      return nullptr;
    }
    Slot* chunk = chunks_[index / kChunkSlots].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk[index % kChunkSlots];
  }

  std::uint32_t pop() {
    std::uint64_t head = free_.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(head) != 0) {
      const std::uint32_t index = static_cast<std::uint32_t>(head) - 1;
      const std::uint32_t next = at(index).next_free.load(std::memory_order_relaxed);
      const std::uint64_t replacement = (((head >> 32) + 1) << 32) | (next == kNone ? 0 : next + 1);
      if (free_.compare_exchange_weak(head, replacement, std::memory_order_acq_rel)) {
        return index;
      }
    }
    return grow();
  }
  void push(std::uint32_t index, std::uint64_t gen) {
    Slot& slot = at(index);
    const std::uint64_t next_gen = (gen + 1) & UINT32_MAX;
    slot.state.store(word(next_gen == 0 ? 1 : next_gen, kFree), std::memory_order_release);
    std::uint64_t head = free_.load(std::memory_order_relaxed);
    std::uint64_t replacement = 0;
    do {
      const auto top = static_cast<std::uint32_t>(head);
      slot.next_free.store(top == 0 ? kNone : top - 1, std::memory_order_relaxed);
      replacement = (((head >> 32) + 1) << 32) | (index + 1);
    } while (!free_.compare_exchange_weak(head, replacement, std::memory_order_acq_rel));
  }
  std::uint32_t grow() {
    std::uint32_t index = used_.load(std::memory_order_relaxed);
    do {
      if (index >= capacity_) {
        return kNone;
      }
      ensure_chunk(index / kChunkSlots);
    } while (!used_.compare_exchange_weak(index, index + 1, std::memory_order_acq_rel));
    return index;
  }
  void ensure_chunk(std::uint32_t number) {
    if (chunks_[number].load(std::memory_order_acquire) != nullptr) {
      return;
    }
    auto fresh = std::make_unique<Slot[]>(kChunkSlots);
    Slot* expected = nullptr;
    if (chunks_[number].compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) {
      fresh.release();  // the table owns it now
    }
  }

  const std::uint32_t capacity_;
  std::array<std::atomic<Slot*>, kChunks> chunks_{};
  alignas(64) std::atomic<std::uint64_t> free_{0};  // tag << 32 | index + 1
  std::atomic<std::uint32_t> used_{0};
};

}  // namespace runard::core
