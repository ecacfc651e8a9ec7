#include "routing/snapshot_cache.h"

#include <utility>

namespace runard::routing {
namespace {

// Empties a hold. The value is destroyed last: its destructor may read snapshots itself.
void release(SnapshotHold& hold) {
  const auto value = std::exchange(hold.value, nullptr);
  const auto source = std::exchange(hold.source, nullptr);
  hold.outdated = false;
}

class ThreadHolds {
 public:
  ThreadHolds() = default;
  ThreadHolds(const ThreadHolds&) = delete;
  ThreadHolds& operator=(const ThreadHolds&) = delete;
  ~ThreadHolds() {
    for (SnapshotHold& hold : holds_) {
      release(hold);
    }
  }

  SnapshotHold* find(const SnapshotSource* source, std::uint64_t version) {
    for (SnapshotHold& hold : holds_) {
      if (hold.source.get() == source && hold.version == version) {
        return &hold;
      }
    }
    return nullptr;
  }
  // The thread's newest reference to the source, current or not; null if none.
  SnapshotHold* newest(const SnapshotSource* source) {
    SnapshotHold* best = nullptr;
    for (SnapshotHold& hold : holds_) {
      if (hold.source.get() == source && (best == nullptr || hold.version > best->version)) {
        best = &hold;
      }
    }
    return best;
  }
  // A free hold, or one to give up: no guard looks at it. Null if there is none.
  SnapshotHold* make_room() {
    forget_closed();
    for (SnapshotHold& hold : holds_) {
      if (hold.source == nullptr) {
        return &hold;
      }
    }
    for (std::size_t tried = 0; tried < kSnapshotHolds; ++tried) {
      SnapshotHold& hold = holds_[next_victim_++ % kSnapshotHolds];
      if (hold.pins == 0) {
        return &hold;
      }
    }
    return nullptr;
  }
  std::array<SnapshotHold, kSnapshotHolds>& all() { return holds_; }

 private:
  void forget_closed() {
    for (SnapshotHold& hold : holds_) {
      if (hold.source != nullptr && hold.pins == 0 && hold.source->closed.load()) {
        release(hold);
      }
    }
  }

  std::array<SnapshotHold, kSnapshotHolds> holds_;
  std::size_t next_victim_ = 0;
};

// The one thing here that is not passed in: what a thread keeps has to be found by any publisher.
thread_local ThreadHolds thread_holds;  // NOLINT(*-avoid-non-const-global-variables)

SnapshotHold* refresh(const std::shared_ptr<SnapshotSource>& source) {
  SnapshotHold* const newest = thread_holds.newest(source.get());
  SnapshotHold* hold = newest;
  if (hold == nullptr || hold->pins > 0) {  // what a guard looks at stays as it is
    hold = thread_holds.make_room();
  }
  if (hold == nullptr) {
    return nullptr;
  }
  if (newest != nullptr && newest != hold) {
    newest->outdated = true;
  }
  hold->outdated = false;
  ++hold->pins;
  SnapshotHold old;  // destroyed last: a value's destructor may read snapshots itself
  old.source = std::exchange(hold->source, source);
  const std::scoped_lock lock(source->mutex);
  old.value = std::exchange(hold->value, source->current);
  hold->version = source->version.load(std::memory_order_relaxed);
  return hold;
}

}  // namespace

SnapshotHold* pin_snapshot(const std::shared_ptr<SnapshotSource>& source) {
  SnapshotHold* hold =
      thread_holds.find(source.get(), source->version.load(std::memory_order_acquire));
  if (hold == nullptr) {
    return refresh(source);
  }
  ++hold->pins;
  return hold;
}

void unpin_snapshot(SnapshotHold* hold) {
  if (--hold->pins == 0 && hold->outdated) {
    release(*hold);
  }
}

void forget_snapshots(const SnapshotSource* source) {
  for (SnapshotHold& hold : thread_holds.all()) {
    if (hold.pins == 0 && hold.source != nullptr &&
        (source == nullptr || hold.source.get() == source)) {
      release(hold);
    }
  }
}

std::shared_ptr<const void> current_snapshot(SnapshotSource& source) {
  const std::scoped_lock lock(source.mutex);
  return source.current;
}

}  // namespace runard::routing
