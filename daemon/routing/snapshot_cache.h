// What Snapshot<T> is made of, without the T: the published reference, and each thread's own
// references to what it read. See snapshot.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace runard::routing {

// One publisher. Threads keep it alive while they hold a reference from it, so its address names
// it.
struct SnapshotSource {
  std::atomic<std::uint64_t> version{0};
  std::atomic<bool> closed{false};  // the publisher is gone
  std::mutex mutex;
  std::shared_ptr<const void> current;  // under the mutex, version too when it is written
};

// One reference of one thread. Touched by that thread only.
struct SnapshotHold {
  std::shared_ptr<SnapshotSource> source;  // null: free
  std::shared_ptr<const void> value;
  std::uint64_t version = 0;
  std::uint32_t pins = 0;  // guards that look at it
  bool outdated = false;   // the thread has read a newer value of the source meanwhile
};

inline constexpr std::size_t kSnapshotHolds = 16;  // a thread

// The thread's reference to the source's newest value, pinned. Null when all kSnapshotHolds are
// pinned. Takes the source's mutex only when the thread's reference is not the newest.
SnapshotHold* pin_snapshot(const std::shared_ptr<SnapshotSource>& source);
// By the same thread. Lets go of the value if a newer one has been read since.
void unpin_snapshot(SnapshotHold* hold);
// Lets go of this thread's references that no guard looks at: those to `source`, or all for null.
void forget_snapshots(const SnapshotSource* source);

// For when pin_snapshot has no room.
std::shared_ptr<const void> current_snapshot(SnapshotSource& source);

}  // namespace runard::routing
