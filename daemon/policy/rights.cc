#include "policy/rights.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "policy/policy.h"

namespace runard::policy {
namespace {

constexpr std::string_view kOpen = "default: members";
constexpr std::string_view kClosed = "default: deny";
constexpr std::string_view kNeverByDefault = "admin is never a default";
constexpr std::string_view kNotMember = "not a member";
constexpr std::size_t kMaxWords = (kMaxRules + kWordBits - 1) / kWordBits;

bool about(const Rule& rule, const Subject& subject) {
  if (rule.node && *rule.node != subject.node) {
    return false;
  }
  const auto has = [](const std::vector<std::string>& list, const std::string& wanted) {
    return wanted.empty() || std::binary_search(list.begin(), list.end(), wanted);
  };
  return has(subject.groups, rule.group) && has(subject.labels, rule.label);
}

// The lowest number that is in both sets and that `good` likes.
template <class Good>
std::optional<std::size_t> first(std::span<const Word> a, std::span<const Word> b, Good good) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (Word both = a[i] & b[i]; both != 0; both &= both - 1) {
      const std::size_t number = i * kWordBits + static_cast<std::size_t>(std::countr_zero(both));
      if (good(number)) {
        return number;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> first(std::span<const Word> a, std::span<const Word> b) {
  return first(a, b, [](std::size_t) { return true; });
}

}  // namespace

Rights::Rights(std::shared_ptr<const Policy> policy, const Subject& subject)
    : policy_(std::move(policy)),
      networks_(subject.networks),
      open_(policy_->default_access() == Default::kMembers),
      width_(policy_->table().width()),
      words_(offset_of(networks_.size(), Action{}, kDeny)) {
  const auto& entries = policy_->entries();
  for (std::size_t number = 0; number < entries.size(); ++number) {
    if (about(entries[number].rule, subject)) {
      add(entries[number].rule, number);
    }
  }
}

void Rights::add(const Rule& rule, std::size_t number) {
  const Word bit = Word{1} << (number % kWordBits);
  for (std::size_t place = 0; place < networks_.size(); ++place) {
    if (!rule.network.empty() && rule.network != networks_[place]) {
      continue;
    }
    for (const Action action : all_actions()) {
      if (rule.deny.has(action)) {
        words_[offset_of(place, action, kDeny) + number / kWordBits] |= bit;
      }
      if (rule.allow.has(action)) {
        words_[offset_of(place, action, kAllow) + number / kWordBits] |= bit;
      }
    }
  }
}

std::size_t Rights::place_of(std::string_view network) const {
  const auto place = std::find(networks_.begin(), networks_.end(), network);
  return static_cast<std::size_t>(place - networks_.begin());
}

std::size_t Rights::offset_of(std::size_t place, Action action, Effect effect) const {
  return ((place * kActions + static_cast<std::size_t>(action)) * 2 + effect) * width_;
}

std::span<const Word> Rights::rules(std::size_t place, Action action, Effect effect) const {
  return std::span(words_).subspan(offset_of(place, action, effect), width_);
}

Decision Rights::decide(Action action, routing::TopicView topic) const {
  const std::size_t place = place_of(topic.network);
  if (place == networks_.size()) {
    return {false, kNotMember};
  }
  const auto deny = rules(place, action, kDeny);
  const auto allow = rules(place, action, kAllow);
  std::array<Word, kMaxWords> room;  // NOLINT(*-member-init): what is read is written first
  const std::span<Word> fitting(room.data(), width_);
  Word any = 0;
  for (std::size_t i = 0; i < width_; ++i) {
    any |= fitting[i] = deny[i] | allow[i];
  }
  if (any != 0) {
    policy_->table().keep_matching(topic.path, fitting);
    if (const auto rule = first(fitting, deny)) {
      return {false, policy_->entries()[*rule].rule.id};
    }
    if (const auto rule = first(fitting, allow)) {
      return {true, policy_->entries()[*rule].rule.id};
    }
  }
  if (action == Action::kAdmin) {
    return {false, kNeverByDefault};
  }
  return {open_, open_ ? kOpen : kClosed};
}

bool Rights::possible(Action action, std::string_view network, std::string_view pattern) const {
  const auto parsed = routing::TopicPattern::parse(pattern, kPatternNetwork);
  const std::size_t place = place_of(network);
  if (place == networks_.size() || !parsed || parsed->network() != kPatternNetwork) {
    return false;
  }
  const auto pattern_of = [&](std::size_t rule) -> const auto& {
    return policy_->entries()[rule].pattern;
  };
  const auto deny = rules(place, action, kDeny);
  const auto denies_all = [&](std::size_t rule) {
    return !pattern_of(rule) || routing::covers(*pattern_of(rule), *parsed);
  };
  if (first(deny, deny, denies_all)) {
    return false;
  }
  const auto allow = rules(place, action, kAllow);
  const auto allows_some = [&](std::size_t rule) {
    return !pattern_of(rule) || routing::overlaps(*pattern_of(rule), *parsed);
  };
  return is_default(action) || first(allow, allow, allows_some);
}

}  // namespace runard::policy
