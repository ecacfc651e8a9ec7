#include "core/clock.h"

namespace runard::core {

TimePoint SystemClock::now() const {
  return std::chrono::steady_clock::now();
}
WallTime SystemClock::wall() const {
  return std::chrono::system_clock::now();
}

}  // namespace runard::core
