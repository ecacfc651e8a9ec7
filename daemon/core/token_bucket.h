// TokenBucket: a rate limit: `burst` at once, then `per_second`. Time is an argument. One thread.
#pragma once

#include <algorithm>

#include "core/clock.h"

namespace runard::core {

class TokenBucket {
 public:
  TokenBucket(double burst, double per_second)
      : burst_(burst), per_second_(per_second), tokens_(burst) {}

  bool take(TimePoint now) {
    refill(now);
    if (tokens_ < 1) {
      return false;
    }
    tokens_ -= 1;
    return true;
  }
  // When take() will succeed, as far as is known now.
  TimePoint ready(TimePoint now) {
    refill(now);
    if (tokens_ >= 1) {
      return now;
    }
    const std::chrono::duration<double> wait((1 - tokens_) / per_second_);
    return now + std::chrono::ceil<std::chrono::milliseconds>(wait);
  }

 private:
  void refill(TimePoint now) {
    if (now > refilled_) {
      const std::chrono::duration<double> passed = now - refilled_;
      tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
      refilled_ = now;
    }
  }

  double burst_;
  double per_second_;
  double tokens_;
  TimePoint refilled_{};
};

}  // namespace runard::core
