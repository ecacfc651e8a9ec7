// Executor: a strand. Runs tasks one at a time, in the order they were posted, and timers when due.
// The daemon's is an Asio strand; the simulator's runs on virtual time.
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "core/function.h"

namespace runard::core {

using TimerId = std::uint64_t;  // 0 is none

class Executor {
 public:
  virtual ~Executor() = default;
  // Any thread. Never runs the task inside post().
  virtual void post(Task task) = 0;
  // On the strand only. A timer that was cancelled in time never runs.
  virtual TimerId after(Duration delay, Task task) = 0;
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace runard::core
