// ClockGuard: notices a clock that was set far back: what has ended could seem to hold still, and
// what is revoked to hold again. It keeps the latest time this node saw in STATE/clock, as decimal
// seconds since 1970.
//
// Errors: kSystem, kFileMode. One owner.
#pragma once

#include <filesystem>

#include "core/clock.h"
#include "core/result.h"
#include "identity/disk.h"

namespace runard::identity {

class ClockGuard {
 public:
  // How far back a clock may be set without a word.
  static constexpr std::chrono::hours kTolerance{1};

  // `disk` outlives the guard. A file that is damaged counts as none.
  ClockGuard(Disk& disk, const std::filesystem::path& state_dir);

  // kClockBehind when `now` is more than kTolerance before the latest time seen.
  core::Result<void> check(core::WallTime now) const;
  core::WallTime latest() const { return latest_; }  // seen; 1970 when none was
  bool due(core::WallTime now, core::Duration each) const { return now >= latest_ + each; }
  // Remembers `now`, if it is later. At start, and once in a while.
  core::Result<void> note(core::WallTime now);

 private:
  Disk* disk_;
  std::filesystem::path file_;
  core::WallTime latest_{};
};

}  // namespace runard::identity
