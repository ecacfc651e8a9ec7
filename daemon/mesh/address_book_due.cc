// Whom to dial now, and what may be dialled at a time.
#include <algorithm>
#include <tuple>

#include "mesh/address_book.h"

namespace runard::mesh {
namespace {

core::TimePoint later(core::TimePoint when, core::TimePoint now) {
  return when > now ? when : core::kNever;
}

}  // namespace

std::vector<AddressBook::Dial> AddressBook::due(core::TimePoint now) {
  expire(now);
  UnderWay sum = under_way(now);
  std::vector<Dial> dials;
  for (Entry* item : ready(now)) {
    if (sum.young >= settings_.parallel || dials_.size() >= settings_.in_flight) {
      break;
    }
    Target& target = item->second;
    if (has_room(target, sum, now) && pay(target, now)) {
      dials.push_back(start(item->first, target, now));
      count(target, now, sum);
    }
  }
  plan(now);
  return dials;
}

// Hints come last, whoever makes them: else they would keep from being dialled what failed once.
std::vector<AddressBook::Entry*> AddressBook::ready(core::TimePoint now) {
  std::vector<Entry*> ready;
  for (auto& item : targets_) {
    if (wants_dial(item.second) && item.second.next <= now) {
      ready.push_back(&item);
    }
  }
  std::ranges::stable_sort(ready, {}, [&](const Entry* item) {
    const Target& target = item->second;
    return std::tuple(!proved(target, now), target.failures > 0, target.next);
  });
  return ready;
}

AddressBook::Dial AddressBook::start(const Key& key, Target& target, core::TimePoint now) {
  target.dial = ++last_dial_;
  target.started = now;
  dials_.emplace(target.dial, key);
  return {target.dial, key.addresses, key.claimed};
}

bool AddressBook::wants_dial(const Target& target) const {
  return !target.self && target.dial == 0 && !(target.node && linked_.contains(*target.node));
}

bool AddressBook::proved(const Target& target, core::TimePoint now) const {
  return target.origin == Origin::kStatic || target.origin == Origin::kTold ||
         target.known_until > now;
}

AddressBook::UnderWay AddressBook::under_way(core::TimePoint now) const {
  UnderWay sum;
  for (const auto& [id, key] : dials_) {
    count(targets_.at(key), now, sum);
  }
  return sum;
}

void AddressBook::count(const Target& dialled, core::TimePoint now, UnderWay& sum) const {
  const bool is_proved = proved(dialled, now);
  sum.retrying += dialled.failures > 0 ? 1 : 0;
  sum.hearsay += is_proved ? 0 : 1;
  if (dialled.started + settings_.young > now) {
    ++sum.young;
    if (dialled.node) {
      bool& any_proved = sum.nodes[*dialled.node];
      any_proved = any_proved || is_proved;
    }
  }
}

bool AddressBook::has_room(const Target& target, const UnderWay& sum, core::TimePoint now) const {
  const bool is_proved = proved(target, now);
  const auto same = target.node ? sum.nodes.find(*target.node) : sum.nodes.end();
  if (same != sum.nodes.end() && (same->second || !is_proved)) {
    return false;  // the same node is just being dialled elsewhere
  }
  return (target.failures == 0 || sum.retrying < settings_.retrying) &&
         (is_proved || sum.hearsay < settings_.hearsay);
}

// When that source may have something dialled.
core::TimePoint AddressBook::payable(const Source& source) const {
  const auto spent = spent_.find(source);
  return spent == spent_.end() ? core::TimePoint{}
                               : spent->second - (settings_.hint_burst - 1) * settings_.hint_pause;
}

core::TimePoint AddressBook::payable(const Target& target, core::TimePoint now) const {
  core::TimePoint first = proved(target, now) ? now : core::kNever;
  for (const Source& source : target.sources) {
    first = std::min(first, payable(source));
  }
  return first;
}

// Any of those who told of it will do, so that nobody uses up the dials of a node by naming it.
bool AddressBook::pay(const Target& target, core::TimePoint now) {
  if (proved(target, now)) {
    return true;
  }
  for (const Source& source : target.sources) {
    if (payable(source) <= now) {
      core::TimePoint& spent = spent_[source];
      spent = std::max(spent, now) + settings_.hint_pause;
      return true;
    }
  }
  return false;
}

// When due() has something to do again, unless an input comes first.
void AddressBook::plan(core::TimePoint now) {
  next_ = core::kNever;
  bool waiting = false;
  for (const auto& [key, target] : targets_) {
    if (target.dial != 0) {
      arm(target.started + settings_.timeout);
      continue;
    }
    arm(target.expires);
    if (wants_dial(target)) {
      waiting = waiting || target.next <= now;
      arm(later(std::max(target.next, payable(target, now)), now));
    }
  }
  if (!waiting) {
    return;
  }
  for (const auto& [id, key] : dials_) {  // one of these makes room when it is young no more
    arm(later(targets_.at(key).started + settings_.young, now));
  }
}

}  // namespace runard::mesh
