#include "plugin_host/thread_list.h"

#include <algorithm>

namespace runard::plugin_host {

void ThreadList::announce(ThreadRole role) {
  const std::lock_guard lock(mutex_);
  ++announced_[static_cast<std::size_t>(role)];
}

void ThreadList::renounce(ThreadRole role) {
  const std::lock_guard lock(mutex_);
  --announced_[static_cast<std::size_t>(role)];
  changed_.notify_all();
}

void ThreadList::add(ThreadContext& thread) {
  const std::lock_guard lock(mutex_);
  threads_.push_back(&thread);
  if (auto& announced = announced_[static_cast<std::size_t>(thread.role())]; announced > 0) {
    --announced;
  }
}

void ThreadList::remove(ThreadContext& thread) {
  // Notified under the lock: the waiter may destroy the list as soon as it has the lock again.
  const std::lock_guard lock(mutex_);
  std::erase(threads_, &thread);
  changed_.notify_all();
}

bool ThreadList::has(ThreadRole role) const {
  return announced_[static_cast<std::size_t>(role)] > 0 ||
         std::any_of(threads_.begin(), threads_.end(),
                     [role](const ThreadContext* t) { return t->role() == role; });
}

bool ThreadList::wait_none(ThreadRole role, core::Duration patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return !has(role); });
}

ThreadScope::ThreadScope(ThreadList& list, ThreadRole role) : list_(list) {
  this_thread().set_role(role);
  list_.add(this_thread());
}

ThreadScope::~ThreadScope() {
  list_.remove(this_thread());
  this_thread().set_role(ThreadRole::kForeign);
}

}  // namespace runard::plugin_host
