#include "policy/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::policy {
namespace {

core::Error bad(const Rule& rule, std::string_view what) {
  return core::fail(core::Errc::kConfigInvalid, fmt::format("{}: {}", rule.id, what));
}

core::Result<Policy::Entry> entry_of(Rule rule) {
  if (rule.allow.empty() && rule.deny.empty()) {
    return bad(rule, "neither allows nor denies anything");
  }
  if ((rule.node ? 1 : 0) + (rule.group.empty() ? 0 : 1) + (rule.label.empty() ? 0 : 1) > 1) {
    return bad(rule, "names more than one of node, group and label");
  }
  if (rule.path.empty()) {
    return Policy::Entry{std::move(rule), std::nullopt};
  }
  auto pattern = routing::TopicPattern::parse(rule.path, kPatternNetwork);
  if (!pattern) {
    return bad(rule, pattern.error().about);
  }
  if (pattern->network() != kPatternNetwork) {
    return bad(rule, "its path names a network");
  }
  return Policy::Entry{std::move(rule), std::move(*pattern)};
}

PatternTable table_of(const std::vector<Policy::Entry>& entries) {
  std::vector<const routing::TopicPattern*> patterns;
  for (const Policy::Entry& entry : entries) {
    patterns.push_back(entry.pattern ? &*entry.pattern : nullptr);
  }
  return PatternTable(patterns);
}

}  // namespace

Policy::Policy(Default access, std::vector<Entry> entries, std::vector<Release> releases)
    : access_(access),
      entries_(std::move(entries)),
      table_(table_of(entries_)),
      releases_(std::move(releases)) {}

core::Result<std::shared_ptr<const Policy>> Policy::make(Rules rules) {
  if (rules.rules.size() > kMaxRules) {
    return core::fail(core::Errc::kConfigInvalid,
                      fmt::format("there are more than {} rules", kMaxRules));
  }
  std::vector<Entry> entries;
  for (Rule& rule : rules.rules) {
    auto entry = entry_of(std::move(rule));
    if (!entry) {
      return entry.error();
    }
    entries.push_back(std::move(*entry));
  }
  return std::shared_ptr<const Policy>(
      new Policy(rules.access, std::move(entries), std::move(rules.releases)));
}

const Release* Policy::release_of(std::string_view label) const {
  const auto at = std::find_if(releases_.begin(), releases_.end(),
                               [&](const Release& release) { return release.label == label; });
  return at == releases_.end() ? nullptr : &*at;
}

bool Policy::may_receive(std::string_view label, const Recipient& recipient) const {
  const Release* const release = release_of(label);
  return release == nullptr || release->covers(recipient);
}

bool Policy::names(std::string_view label, const core::ProfileId& profile) const {
  const Release* const release = release_of(label);
  return release != nullptr &&
         release->covers({.kind = Recipient::Kind::kProfile, .profile = profile});
}

}  // namespace runard::policy
