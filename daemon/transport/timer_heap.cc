#include "transport/timer_heap.h"

namespace runard::transport {

void TimerHeap::place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  where_[entry.owner] = index;
}

// Puts the entry where it belongs, starting from a free place.
void TimerHeap::sift(std::size_t index, Entry entry) {
  while (index > 0 && entry.at < heap_[(index - 1) / 2].at) {
    place(index, heap_[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) {
      ++child;
    }
    if (child >= heap_.size() || entry.at <= heap_[child].at) {
      break;
    }
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

void TimerHeap::set(Owner owner, core::TimePoint at) {
  if (at == core::kNever) {
    return remove(owner);
  }
  if (owner >= where_.size()) {
    where_.resize(owner + std::size_t{1}, kAbsent);
  }
  if (where_[owner] == kAbsent) {
    where_[owner] = heap_.size();
    heap_.push_back({at, owner});
  } else if (heap_[where_[owner]].at == at) {
    return;
  }
  sift(where_[owner], {at, owner});
}

void TimerHeap::remove(Owner owner) {
  if (owner >= where_.size() || where_[owner] == kAbsent) {
    return;
  }
  const std::size_t index = where_[owner];
  where_[owner] = kAbsent;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) {
    sift(index, last);
  }
}

}  // namespace runard::transport
