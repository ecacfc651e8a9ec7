// TimerHeap: the next deadline of each of many owners, an owner being a small number. set() and
// remove() cost O(log n), next() nothing. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace runard::transport {

class TimerHeap {
 public:
  using Owner = std::uint32_t;

  void set(Owner owner, core::TimePoint at);  // kNever removes
  void remove(Owner owner);
  core::TimePoint next() const { return heap_.empty() ? core::kNever : heap_.front().at; }
  Owner next_owner() const { return heap_.front().owner; }  // only when next() is not kNever

 private:
  struct Entry {
    core::TimePoint at;
    Owner owner{};
  };
  static constexpr std::size_t kAbsent = SIZE_MAX;
  void place(std::size_t index, Entry entry);
  void sift(std::size_t index, Entry entry);

  std::vector<Entry> heap_;
  std::vector<std::size_t> where_;  // by owner
};

}  // namespace runard::transport
