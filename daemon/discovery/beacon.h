// Beacon: when to announce. At the start at once and a few times more, because datagrams get lost;
// then each interval, jittered; soon after a newcomer has asked, but at most once a second.
// Sans-I/O.
#pragma once

#include <chrono>

#include "core/clock.h"
#include "core/random.h"

namespace runard::discovery {

class Beacon {
 public:
  Beacon(core::Duration interval, core::Random& random) : interval_(interval), random_(random) {}

  // The first announcements follow at 0, 100, 300 and 700 ms.
  void start(core::TimePoint now);
  // Somebody wants to know who is here. The answer is delayed a little, by each node differently.
  void asked(core::TimePoint now);

  // When take() will say yes.
  core::TimePoint expiry() const { return next_; }
  // True when an announcement is to be sent now; it then counts as sent.
  bool take(core::TimePoint now);
  // Others should answer: this node has just started.
  bool asking() const { return sent_ <= kQuick; }

 private:
  static constexpr unsigned kQuick = 4;
  static constexpr core::Duration kAnswerEvery = std::chrono::seconds(1);

  core::Duration random_part(core::Duration most);

  const core::Duration interval_;
  core::Random& random_;
  unsigned sent_ = 0;
  core::TimePoint last_{};
  core::TimePoint next_ = core::kNever;
};

}  // namespace runard::discovery
