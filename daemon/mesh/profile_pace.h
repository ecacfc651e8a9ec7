// ProfilePace: how fast profiles are asked for: all together, and each one however often its owner
// changes it. Who is held up is asked for later, not left out.
//
// Its table is bounded by the rate: what it remembers of a profile it forgets when the profile has
// its burst again. Times are arguments; one owner.
#pragma once

#include <algorithm>
#include <map>

#include "core/token_bucket.h"
#include "mesh/settings.h"
#include "wire/statements.h"

namespace runard::mesh {

class ProfilePace {
 public:
  explicit ProfilePace(const GossipSettings& settings)
      : burst_(settings.change_burst),
        each_(settings.change_each),
        all_(settings.profile_burst, settings.profiles_per_second) {}

  // When it may be asked for.
  core::TimePoint ready(const wire::StatementKey& profile, core::TimePoint now) {
    const auto own = own_.find(profile);
    return std::max(all_.ready(now), own == own_.end() ? now : own->second.bucket.ready(now));
  }
  // It was asked for, when it was ready.
  void take(const wire::StatementKey& profile, core::TimePoint now) {
    const std::chrono::duration<double> each = each_;
    Own& own = own_.try_emplace(profile, Own{{burst_, 1 / each.count()}, now}).first->second;
    own.bucket.take(now);
    own.asked = now;
    all_.take(now);
  }
  // For once in a while.
  void tidy(core::TimePoint now) {
    const auto full = std::chrono::duration_cast<core::Duration>(each_ * burst_);
    std::erase_if(own_, [&](const auto& entry) { return now >= entry.second.asked + full; });
  }
  std::size_t size() const { return own_.size(); }

 private:
  struct Own {
    core::TokenBucket bucket;
    core::TimePoint asked;
  };
  const double burst_;
  const core::Duration each_;
  core::TokenBucket all_;
  std::map<wire::StatementKey, Own> own_;
};

}  // namespace runard::mesh
