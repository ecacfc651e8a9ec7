#include "plugin_host/rest.h"

#include <utility>

namespace runard::plugin_host {

void Rest::wake() {
  const std::lock_guard lock(mutex_);
  if (light_.exchange(false)) {
    woken_ = true;
    wake_.notify_one();
  }
}

void Rest::begin_light() {
  const std::lock_guard lock(mutex_);
  light_.store(true);
}

bool Rest::wait(core::Duration time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return woken_ || stopping_; });
  light_.store(false);
  woken_ = false;
  return !stopping_;
}

void Rest::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
}

}  // namespace runard::plugin_host
