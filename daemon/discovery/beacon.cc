#include "discovery/beacon.h"

#include <algorithm>

namespace runard::discovery {

using std::chrono::milliseconds;

void Beacon::start(core::TimePoint now) {
  sent_ = 0;
  next_ = now;
}

void Beacon::asked(core::TimePoint now) {
  if (sent_ < kQuick) {
    return;  // more announcements are about to follow anyway
  }
  const core::TimePoint answer = now + milliseconds(10) + random_part(milliseconds(100));
  next_ = std::min(next_, std::max(answer, last_ + kAnswerEvery));
}

bool Beacon::take(core::TimePoint now) {
  if (now < next_) {
    return false;
  }
  constexpr milliseconds kPauses[kQuick - 1] = {milliseconds(100), milliseconds(200),
                                                milliseconds(400)};
  const bool quick = ++sent_ < kQuick;
  last_ = now;
  next_ = now + (quick ? core::Duration(kPauses[sent_ - 1])
                       : interval_ - interval_ / 10 + random_part(interval_ / 5));
  sent_ = std::min(sent_, kQuick + 1);
  return true;
}

core::Duration Beacon::random_part(core::Duration most) {
  return core::Duration(static_cast<core::Duration::rep>(
      random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace runard::discovery
