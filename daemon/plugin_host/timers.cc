#include "plugin_host/timers.h"

namespace runard::plugin_host {

void Timers::start() {
  thread_ = std::thread([this] { work(); });
}

void Timers::arm(core::TimePoint due, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    return;
  }
  const auto place = armed_.emplace(due, id).first;
  if (place == armed_.begin()) {
    changed_.notify_one();
  }
}

void Timers::disarm(core::TimePoint due, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  armed_.erase({due, id});
}

void Timers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Timers::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (armed_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto [due, id] = *armed_.begin();
    const core::TimePoint now = clock_.now();
    if (due > now) {
      changed_.wait_for(lock, due - now);
      continue;
    }
    armed_.erase(armed_.begin());
    lock.unlock();
    sink_.timer_due(id);
    lock.lock();
  }
}

}  // namespace runard::plugin_host
