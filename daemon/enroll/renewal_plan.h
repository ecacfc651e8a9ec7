// RenewalPlan: when a certificate is to be renewed, and how it stands: times in, times out.
//
// Due at two thirds of its life, a tenth earlier or later by chance, so that nodes which were
// enrolled together do not come together. After a failure it is due again in kFirstPause, twice as
// long each time, up to kLongestPause; for short lives never more than a twentieth of the life.
// Wall time; one owner.
#pragma once

#include <algorithm>

#include "core/clock.h"
#include "core/random.h"

namespace runard::enroll {

struct Validity {
  core::WallTime from{};  // when it was signed
  core::WallTime until{};
  friend bool operator==(const Validity&, const Validity&) = default;
};

enum class Standing : std::uint8_t {
  kGood,
  kDue,     // for renewal
  kEnding,  // nobody renewed it: less than kWarnShare of its life is left, or than kWarnTime
  kExpired,
};

class RenewalPlan {
 public:
  static constexpr core::Duration kFirstPause = std::chrono::minutes(1);
  static constexpr core::Duration kLongestPause = std::chrono::hours(1);
  static constexpr int kWarnShare = 4;  // less than a quarter
  static constexpr core::Duration kWarnTime = std::chrono::hours(24 * 30);
  static constexpr core::Duration kLastWarning = std::chrono::minutes(1);  // before the end

  RenewalPlan(const Validity& validity, core::Random& random);
  // Another certificate.
  void renewed(const Validity& validity);
  void failed(core::WallTime now);
  void hurry(core::WallTime now) { due_ = std::min(due_, now); }

  const Validity& validity() const { return validity_; }
  core::WallTime due() const { return due_; }
  core::WallTime ending() const;  // when the standing becomes kEnding
  // Whether it is time to warn that it ends: first at ending(), then each time half of what was
  // left has gone, and at the end.
  bool warns(core::WallTime now);
  core::WallTime next_warning() const { return warn_at_; }
  Standing standing(core::WallTime now) const;
  std::uint32_t failures() const { return failures_; }  // since it was due

 private:
  core::Duration life() const { return validity_.until - validity_.from; }

  core::Random& random_;
  Validity validity_;
  core::WallTime due_{};
  core::WallTime warn_at_{};
  std::uint32_t failures_ = 0;
};

}  // namespace runard::enroll
