// Rest: how the watchdog waits between two looks: for a set time, or, while no plugin code runs,
// for long but lightly: any thread that enters plugin code ends it.
// Threading: enter() from any thread; the rest by the watchdog's, stop() by its owner.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/clock.h"

namespace runard::plugin_host {

class Rest {
 public:
  // Plugin code is about to run. Costs a look at a flag.
  void enter() {
    if (light_.load(std::memory_order_relaxed)) [[unlikely]] {
      wake();
    }
  }

  // From now on enter() ends the wait, also one that has yet to begin.
  void begin_light();
  // False: it is time to stop.
  bool wait(core::Duration time);
  void stop();

 private:
  void wake();

  std::atomic<bool> light_{false};
  std::mutex mutex_;  // protects what follows
  std::condition_variable wake_;
  bool woken_ = false;
  bool stopping_ = false;
};

}  // namespace runard::plugin_host
