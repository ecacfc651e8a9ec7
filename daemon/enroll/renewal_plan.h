// RenewalPlan: when a certificate is to be renewed, and how it stands: times in, times out.
//
// Due at two thirds of its life, a tenth earlier or later by chance, so that nodes which were
// enrolled together do not come together. After a failure it is due again in kFirstPause, twice as
// long each time, up to kLongestPause; for short lives never more than a twentieth of the life.
// Wall time; one owner.
#pragma once

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
  kEnding,  // less than a third of its life is left
  kExpired,
};

class RenewalPlan {
 public:
  static constexpr core::Duration kFirstPause = std::chrono::minutes(1);
  static constexpr core::Duration kLongestPause = std::chrono::hours(1);

  RenewalPlan(const Validity& validity, core::Random& random);
  // Another certificate.
  void renewed(const Validity& validity);
  void failed(core::WallTime now);

  const Validity& validity() const { return validity_; }
  core::WallTime due() const { return due_; }
  core::WallTime ending() const;  // when less than a third is left
  Standing standing(core::WallTime now) const;
  std::uint32_t failures() const { return failures_; }  // since it was due

 private:
  core::Duration life() const { return validity_.until - validity_.from; }

  core::Random& random_;
  Validity validity_;
  core::WallTime due_{};
  std::uint32_t failures_ = 0;
};

}  // namespace runard::enroll
