#include "transport/dialer.h"

#include <algorithm>

namespace runard::transport {

void Dialer::add(DialId dial, std::vector<Address> addresses, std::optional<core::NodeId> expected,
                 core::TimePoint now) {
  dials_.push_back({dial, {addresses.begin(), addresses.end()}, expected, now, {}, 0});
}

std::optional<Dialer::Attempt> Dialer::due(core::TimePoint now) {
  for (Dial& dial : dials_) {
    if (!dial.left.empty() && dial.next <= now) {
      const Attempt attempt{dial.id, dial.left.front(), dial.expected};
      dial.left.pop_front();
      dial.next = now + kStagger;
      ++dial.starting;
      return attempt;
    }
  }
  return std::nullopt;
}

core::TimePoint Dialer::expiry() const {
  core::TimePoint first = core::kNever;
  for (const Dial& dial : dials_) {
    if (!dial.left.empty()) {
      first = std::min(first, dial.next);
    }
  }
  return first;
}

void Dialer::started(DialId id, LinkId link) {
  for (Dial& dial : dials_) {
    if (dial.id == id) {
      --dial.starting;
      dial.running.push_back(link);
    }
  }
}

std::optional<Dialer::Ended> Dialer::failed(DialId id, LinkId link, core::Error why,
                                            core::TimePoint now) {
  const auto dial =
      std::find_if(dials_.begin(), dials_.end(), [&](const Dial& d) { return d.id == id; });
  if (dial == dials_.end()) {
    return std::nullopt;
  }
  if (link == 0) {
    --dial->starting;
  } else {
    std::erase(dial->running, link);
  }
  dial->next = now;  // no reason to wait with the next one
  if (!dial->left.empty() || !dial->running.empty() || dial->starting > 0) {
    return std::nullopt;
  }
  dials_.erase(dial);
  return Ended{id, std::move(why), {}};
}

std::optional<Dialer::Ended> Dialer::succeeded(LinkId link) {
  const auto dial = std::find_if(dials_.begin(), dials_.end(), [&](const Dial& d) {
    return std::find(d.running.begin(), d.running.end(), link) != d.running.end();
  });
  if (dial == dials_.end()) {
    return std::nullopt;
  }
  Ended ended{dial->id, {}, std::move(dial->running)};
  std::erase(ended.abandoned, link);
  dials_.erase(dial);
  return ended;
}

DialId Dialer::dial_of(LinkId link) const {
  for (const Dial& dial : dials_) {
    if (std::find(dial.running.begin(), dial.running.end(), link) != dial.running.end()) {
      return dial.id;
    }
  }
  return 0;
}

}  // namespace runard::transport
