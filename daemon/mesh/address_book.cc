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
  const Source source = origin == Origin::kExchange ? hint.from : std::nullopt;
  const auto found = targets_.find(key);
  if (found != targets_.end()) {
    found->second.origin = std::min(found->second.origin, origin);
    add_source(found->second, source);
    refresh(found->second, hint, now);
  } else if (make_room(origin, source)) {
    Target target;
    target.origin = origin;
    target.node = key.claimed;
    target.expires = origin == Origin::kStatic ? core::kNever : now + hint.ttl;
    target.next = origin == Origin::kStatic ? now : now + reaction(hint.node);
    if (const auto apart = hint.node ? apart_.find(*hint.node) : apart_.end();
        key.claimed && apart != apart_.end() && apart->second > now) {
      set_apart(target, apart->second);
    }
    add_source(target, source);
    arm(target.next);
    targets_.emplace(key, std::move(target));
  }
}

void AddressBook::add_source(Target& target, const Source& source) const {
  if (target.sources.size() < settings_.hint_sources &&
      std::ranges::find(target.sources, source) == target.sources.end()) {
    target.sources.push_back(source);
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
  if (key.addresses.empty() || (!targets_.contains(key) && !make_room(Origin::kTold, {}))) {
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
  std::erase_if(spent_, [&](const auto& item) { return item.second <= now; });
}

bool AddressBook::make_room(Origin origin, const Source& source) {
  const std::size_t most = origin == Origin::kStatic      ? settings_.static_targets
                           : origin == Origin::kMulticast ? settings_.multicast_targets
                           : origin == Origin::kTold      ? settings_.told_targets
                                                          : settings_.exchange_targets;
  const auto of_origin = [&](const Target& target) { return target.origin == origin; };
  const auto of_peer = [&](const Target& target) {
    return of_origin(target) && target.sources.front() == source;
  };
  return (origin != Origin::kExchange || make_room(settings_.exchange_targets_peer, of_peer)) &&
         make_room(most, of_origin);
}

// Evicts, when there is no room, the target among those that has failed most and never worked.
bool AddressBook::make_room(std::size_t most, const std::function<bool(const Target&)>& among) {
  std::size_t count = 0;
  auto worst = targets_.end();
  for (auto it = targets_.begin(); it != targets_.end(); ++it) {
    const Target& target = it->second;
    if (!among(target)) {
      continue;
    }
    ++count;
    const bool useless = wants_dial(target) && target.failures > 0 &&
                         target.known_until == core::TimePoint{} &&
                         target.origin != Origin::kStatic;
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
