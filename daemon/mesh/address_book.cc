#include "mesh/address_book.h"

#include <algorithm>
#include <utility>

#include "wire/address.h"

namespace runard::mesh {
namespace {

using core::Errc;

constexpr std::uint32_t kMostFailures = 20;         // the backoff is at its cap by then
constexpr std::uint32_t kFailuresAfterGoodbye = 5;  // 0.1 s * 2^5: it will hardly be back at once

// Trying again soon can't help: the node there does not want us, or is not one of ours.
bool is_refusal(const core::Error& error) {
  return core::info(error.code).kind == core::Kind::kDenied;
}

// Of several addresses one may be this node's, as a bridge's that each host has; and a name may
// lead elsewhere tomorrow.
bool is_one_address(const std::vector<std::string>& addresses) {
  return addresses.size() == 1 && wire::Address::parse(addresses.front()).has_value();
}

core::TimePoint later(core::TimePoint when, core::TimePoint now) {
  return when > now ? when : core::kNever;
}

std::vector<std::string> sorted(std::vector<std::string> addresses, std::size_t most) {
  std::erase(addresses, "");
  if (addresses.size() > most) {
    addresses.resize(most);
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

void AddressBook::seen(const DialHint& hint, core::TimePoint now) {
  const Key key{hint.source == HintSource::kStatic ? std::nullopt : hint.node,
                sorted(hint.addresses, settings_.addresses)};
  if (key.addresses.empty() || hint.node == self_) {
    return;
  }
  const Origin origin = hint.source == HintSource::kStatic      ? Origin::kStatic
                        : hint.source == HintSource::kMulticast ? Origin::kMulticast
                                                                : Origin::kExchange;
  const auto found = targets_.find(key);
  if (found != targets_.end()) {
    found->second.origin = std::min(found->second.origin, origin);
    refresh(found->second, hint, now);
  } else if (make_room(origin)) {
    Target target;
    target.origin = origin;
    target.node = key.claimed;
    target.expires = origin == Origin::kStatic ? core::kNever : now + hint.ttl;
    target.next = origin == Origin::kStatic ? now : now + reaction(hint.node);
    if (const auto apart = hint.node ? apart_.find(*hint.node) : apart_.end();
        key.claimed && apart != apart_.end() && apart->second > now) {
      set_apart(target, apart->second);
    }
    arm(target.next);
    targets_.emplace(key, std::move(target));
  }
}

void AddressBook::refresh(Target& target, const DialHint& hint, core::TimePoint now) {
  if (target.origin == Origin::kStatic) {
    target.expires = core::kNever;
  } else if (target.expires != core::kNever) {
    target.expires = std::max(target.expires, now + hint.ttl);
  }
  if (target.apart) {
    return;
  }
  if (hint.fresh && target.dial != 0) {
    target.fresh = true;
  } else if (hint.fresh && wants_dial(target)) {
    target.failures = 0;
    target.next = std::min(target.next,
                           std::max(now + reaction(hint.node), target.started + settings_.again));
    arm(target.next);
  }
}

void AddressBook::unseen(const core::NodeId& node) {
  std::erase_if(targets_, [&](const auto& item) {
    const Target& target = item.second;
    return target.origin == Origin::kMulticast && target.node == node && target.dial == 0 &&
           !linked_.contains(node);
  });
}

void AddressBook::linked(const core::NodeId& node, DialId dial, core::TimePoint now) {
  linked_.insert(node);
  apart_.erase(node);
  const auto found = dials_.find(dial);
  if (found == dials_.end()) {
    return;
  }
  Target& target = targets_.at(found->second);
  dials_.erase(found);
  target.dial = 0;
  target.node = node;
  target.apart = false;
  target.failures = 0;
  target.last_error.reset();
  target.known_until = now + settings_.well_known;
  arm(now);  // there is room for another dial
}

void AddressBook::told(const core::NodeId& node, const std::vector<std::string>& addresses) {
  const Key key{node, sorted(addresses, settings_.addresses)};
  std::erase_if(targets_, [&](const auto& item) {
    return item.second.origin == Origin::kTold && item.first.claimed == node && item.first != key &&
           item.second.dial == 0;
  });
  if (key.addresses.empty() || (!targets_.contains(key) && !make_room(Origin::kTold))) {
    return;
  }
  Target& target = targets_.try_emplace(key).first->second;
  target.origin = Origin::kTold;  // a hint that it confirms becomes one
  target.node = node;
  target.expires = core::kNever;
}

void AddressBook::lost(const core::NodeId& node, bool left, core::TimePoint now) {
  linked_.erase(node);
  for (auto& [key, target] : targets_) {
    if (target.node != node) {
      continue;
    }
    target.apart = false;
    if (left) {
      target.failures = kFailuresAfterGoodbye;
      target.known_until = {};
      target.next = now + backoff(target, now);
      target.expires = target.origin == Origin::kStatic ? core::kNever : now;
    } else {
      target.failures = 0;
      target.known_until = now + settings_.well_known;
      target.next = now + random_part(settings_.backoff_first) +
                    (node < self_ ? settings_.yield : core::Duration{0});
      target.expires = target.origin == Origin::kTold ? now + settings_.remember : target.expires;
    }
    arm(std::min(target.next, target.expires));
  }
}

void AddressBook::set_apart(Target& target, core::TimePoint until) {
  target.apart = true;
  target.fresh = false;
  target.failures = kMostFailures;
  target.known_until = {};
  target.next = until;
}

void AddressBook::apart(const core::NodeId& node, core::TimePoint now) {
  if (apart_.size() >= settings_.apart_nodes && !apart_.contains(node)) {
    apart_.erase(
        std::ranges::min_element(apart_, {}, [](const auto& item) { return item.second; }));
  }
  const core::TimePoint until = apart_[node] =
      now + settings_.apart / 2 + random_part(settings_.apart / 2);
  for (auto& [key, target] : targets_) {
    if (target.node == node) {
      set_apart(target, until);
      arm(until);
    }
  }
}

void AddressBook::reconsider(core::TimePoint now) {
  apart_.clear();
  for (auto& [key, target] : targets_) {
    if (std::exchange(target.apart, false)) {
      target.failures = 0;
      target.next = now + random_part(settings_.backoff_first);
      arm(target.next);
    }
  }
}

void AddressBook::failed(DialId dial, const core::Error& error,
                         const std::optional<core::NodeId>& who, core::TimePoint now) {
  const auto found = dials_.find(dial);
  if (found == dials_.end()) {
    return;
  }
  const Key key = found->second;
  Target& target = targets_.at(key);
  dials_.erase(found);
  target.dial = 0;
  target.last_error = error;
  target.node = who ? who : target.node;
  if (error.code == Errc::kSelfDial) {
    target.self = is_one_address(key.addresses);
    target.failures = kMostFailures;
  } else if (error.code == Errc::kDuplicateLink) {
    target.failures = 0;
    target.last_error.reset();
  } else {
    target.failures =
        is_refusal(error) ? kMostFailures : std::min(target.failures + 1, kMostFailures);
  }
  target.next = now + backoff(target, now);
  target.apart = false;
  if (error.code == Errc::kNoCommonNetwork) {
    set_apart(target, now + settings_.apart / 2 + random_part(settings_.apart / 2));
    if (const auto& node = who ? who : key.claimed) {
      apart(*node, now);
    }
  }
  if (std::exchange(target.fresh, false)) {
    target.failures = 0;
    target.next = std::max(now, target.started + settings_.again);
  }
  arm(now);
}

std::vector<AddressBook::Dial> AddressBook::due(core::TimePoint now) {
  expire(now);
  std::vector<std::pair<const Key, Target>*> ready;
  for (auto& item : targets_) {
    if (wants_dial(item.second) && item.second.next <= now) {
      ready.push_back(&item);
    }
  }
  std::stable_sort(ready.begin(), ready.end(), [&](const auto* a, const auto* b) {
    const bool a_failed = a->second.failures > 0;
    const bool b_failed = b->second.failures > 0;
    const bool a_proved = proved(a->second, now);
    const bool b_proved = proved(b->second, now);
    return a_failed != b_failed   ? b_failed
           : a_proved != b_proved ? a_proved
                                  : a->second.next < b->second.next;
  });
  std::vector<Dial> dials;
  for (auto* item : ready) {
    Target& target = item->second;
    if (has_room(target, now) && (!pays(target, now) || multicast_.take(now))) {
      dials.push_back(start(item->first, target, now));
    }
  }
  plan(now);
  return dials;
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

bool AddressBook::pays(const Target& target, core::TimePoint now) const {
  return target.origin == Origin::kMulticast && target.known_until <= now;
}

bool AddressBook::proved(const Target& target, core::TimePoint now) const {
  return target.origin != Origin::kMulticast || target.known_until > now;
}

bool AddressBook::has_room(const Target& target, core::TimePoint now) const {
  std::size_t young = 0;
  std::size_t retrying = 0;
  for (const auto& [id, key] : dials_) {
    const Target& other = targets_.at(key);
    const bool is_young = other.started + settings_.young > now;
    if (is_young && target.node && other.node == target.node &&
        (proved(other, now) || !proved(target, now))) {
      return false;  // the same node is just being dialled elsewhere
    }
    young += is_young ? 1 : 0;
    retrying += other.failures > 0 ? 1 : 0;
  }
  return young < settings_.parallel && dials_.size() < settings_.in_flight &&
         (target.failures == 0 || retrying < settings_.retrying);
}

// Forgets hints whose time is over and gives up dials that the transport has not ended.
void AddressBook::expire(core::TimePoint now) {
  std::vector<DialId> overdue;
  for (const auto& [id, key] : dials_) {
    if (targets_.at(key).started + settings_.timeout <= now) {
      overdue.push_back(id);
    }
  }
  for (const DialId id : overdue) {
    failed(id, core::fail(Errc::kNoAnswer, "nobody answered there"), {}, now);
  }
  std::erase_if(targets_, [&](const auto& item) {
    return item.second.dial == 0 && item.second.expires <= now;
  });
  std::erase_if(apart_, [&](const auto& item) { return item.second <= now; });
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
      arm(target.next > now   ? target.next
          : pays(target, now) ? later(multicast_.ready(now), now)
                              : core::kNever);
    }
  }
  if (!waiting) {
    return;
  }
  for (const auto& [id, key] : dials_) {  // one of these makes room when it is young no more
    arm(later(targets_.at(key).started + settings_.young, now));
  }
}

// Evicts, when there is no room, the target of that origin that has failed most and never worked.
bool AddressBook::make_room(Origin origin) {
  const std::size_t most = origin == Origin::kStatic      ? settings_.static_targets
                           : origin == Origin::kMulticast ? settings_.multicast_targets
                           : origin == Origin::kTold      ? settings_.told_targets
                                                          : settings_.exchange_targets;
  std::size_t count = 0;
  auto worst = targets_.end();
  for (auto it = targets_.begin(); it != targets_.end(); ++it) {
    const Target& target = it->second;
    if (target.origin != origin) {
      continue;
    }
    ++count;
    const bool useless = wants_dial(target) && target.failures > 0 &&
                         target.known_until == core::TimePoint{} && origin != Origin::kStatic;
    if (useless && (worst == targets_.end() || target.failures > worst->second.failures)) {
      worst = it;
    }
  }
  if (count < most) {
    return true;
  }
  if (worst == targets_.end()) {
    return false;
  }
  targets_.erase(worst);
  return true;
}

core::Duration AddressBook::random_part(core::Duration most) {
  return core::Duration(static_cast<core::Duration::rep>(
      random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

core::Duration AddressBook::backoff(const Target& target, core::TimePoint now) {
  const core::Duration cap =
      target.known_until > now ? settings_.backoff_cap_known : settings_.backoff_cap;
  return random_part(
      std::min(cap, core::Duration(settings_.backoff_first * (1LL << target.failures))));
}

// How long to wait before a newcomer is dialled.
core::Duration AddressBook::reaction(const std::optional<core::NodeId>& node) {
  const auto peers = static_cast<core::Duration::rep>(linked_.size());
  const core::Duration spread =
      random_part(std::min(settings_.spread_most, settings_.spread_per_peer * peers));
  return spread + (node && *node < self_ ? settings_.yield : core::Duration{0});
}

std::vector<AddressBook::Status> AddressBook::list() const {
  std::vector<Status> list;
  for (const auto& [key, target] : targets_) {
    list.push_back({key.addresses, target.node, target.origin == Origin::kStatic, target.self,
                    target.node && linked_.contains(*target.node), target.failures,
                    target.last_error});
  }
  return list;
}

}  // namespace runard::mesh
