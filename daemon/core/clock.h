// Clock: the only way to read time. Real in the daemon, virtual in the simulator.
#pragma once

#include <chrono>

namespace runard::core {

using Duration = std::chrono::nanoseconds;
// Monotonic; never goes back (ngtcp2 aborts the process if it does).
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
// Nanoseconds since 1970, UTC.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr TimePoint kNever = TimePoint::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // any thread
  virtual WallTime wall() const = 0;  // any thread
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  WallTime wall() const override;
};

}  // namespace runard::core
