// A clock that stands where it was set.
#pragma once

#include "core/clock.h"

namespace runard::test {

struct SetClock final : core::Clock {
  core::TimePoint now() const override { return core::TimePoint(time.time_since_epoch()); }
  core::WallTime wall() const override { return time; }
  core::WallTime time{std::chrono::seconds(1'750'000'000)};  // 2025-06-15
};

}  // namespace runard::test
