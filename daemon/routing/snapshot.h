// Snapshot<T>: publishes immutable values to any number of threads that read without a lock.
//
// Each thread keeps a reference of its own to what it last read and compares one atomic version
// number: a warm read() writes nothing that another thread can see, allocates nothing and takes no
// lock. The first read() after a publish() copies one shared_ptr under a mutex.
//
// Threading: publish(), read(), keep(): any thread. A Guard stays on the thread that made it (it
// can't be copied or moved); it sees one value however often something newer is published
// meanwhile. Guards nest; an inner read() sees the newest value.
// Lifetime: the Snapshot outlives read() calls but not necessarily the guards. An idle thread keeps
// what it last read alive until it reads again, calls forget(), or ends; a thread has at most
// kSnapshotHolds such references, to all publishers together (beyond, reads take the mutex).
// Source: the left half of read-copy-update, with the reader's reference as its grace period.
#pragma once

#include <memory>
#include <utility>

#include "routing/snapshot_cache.h"

namespace runard::routing {

template <class T>
class Snapshot {
 public:
  class Guard {
   public:
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() {
      if (hold_ != nullptr) {
        unpin_snapshot(hold_);
      }
    }
    // False before the first publish().
    explicit operator bool() const { return get() != nullptr; }
    const T* get() const { return static_cast<const T*>(value_); }
    const T& operator*() const { return *get(); }
    const T* operator->() const { return get(); }

   private:
    friend class Snapshot;
    explicit Guard(const std::shared_ptr<SnapshotSource>& source) : hold_(pin_snapshot(source)) {
      if (hold_ == nullptr) {
        own_ = current_snapshot(*source);
      }
      value_ = hold_ != nullptr ? hold_->value.get() : own_.get();
    }
    SnapshotHold* hold_;
    std::shared_ptr<const void> own_;
    const void* value_;
  };

  explicit Snapshot(std::shared_ptr<const T> first = nullptr)
      : source_(std::make_shared<SnapshotSource>()) {
    publish(std::move(first));
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    source_->closed.store(true);
    publish(nullptr);
  }

  void publish(std::shared_ptr<const T> value) {
    std::shared_ptr<const void> next = std::move(value);
    const std::scoped_lock lock(source_->mutex);
    source_->current.swap(next);
    source_->version.fetch_add(1, std::memory_order_release);
  }  // the lock goes first, then what was published before

  Guard read() const { return Guard(source_); }
  // A reference that may be kept and carried to other threads.
  std::shared_ptr<const T> keep() const {
    return std::static_pointer_cast<const T>(current_snapshot(*source_));
  }
  // Lets go of what this thread keeps of this publisher and no guard looks at.
  void forget() const { forget_snapshots(source_.get()); }
  // The same for all publishers: before a thread sleeps for long.
  static void forget_all() { forget_snapshots(nullptr); }

 private:
  std::shared_ptr<SnapshotSource> source_;
};

}  // namespace runard::routing
