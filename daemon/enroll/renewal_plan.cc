#include "enroll/renewal_plan.h"

#include <algorithm>

namespace runard::enroll {

RenewalPlan::RenewalPlan(const Validity& validity, core::Random& random) : random_(random) {
  renewed(validity);
}

void RenewalPlan::renewed(const Validity& validity) {
  constexpr std::uint64_t kSteps = 2001;  // thousandths of a tenth, both ways, and the middle
  validity_ = validity;
  failures_ = 0;
  const core::Duration middle = life() / 3 * 2;
  const auto step = static_cast<std::int64_t>(random_.below(kSteps)) - 1000;
  due_ = validity.from + middle + middle / 10 / 1000 * step;
  warn_at_ = ending();
}

void RenewalPlan::failed(core::WallTime now) {
  constexpr std::uint32_t kMostDoublings = 6;
  const core::Duration pause = std::min<core::Duration>(
      kFirstPause * (1 << std::min(failures_, kMostDoublings)), kLongestPause);
  ++failures_;
  due_ = now + std::min(pause, std::max<core::Duration>(life() / 20, std::chrono::seconds(1)));
}

core::WallTime RenewalPlan::ending() const {
  return validity_.until - std::min(life() / kWarnShare, kWarnTime);
}

bool RenewalPlan::warns(core::WallTime now) {
  if (now < warn_at_) {
    return false;
  }
  const core::Duration left = validity_.until - now;
  warn_at_ = left <= core::Duration{0} ? core::WallTime::max()
             : left < kLastWarning     ? validity_.until
                                       : now + left / 2;
  return true;
}

Standing RenewalPlan::standing(core::WallTime now) const {
  return now >= validity_.until ? Standing::kExpired
         : now > ending()       ? Standing::kEnding
         : now >= due_          ? Standing::kDue
                                : Standing::kGood;
}

}  // namespace runard::enroll
