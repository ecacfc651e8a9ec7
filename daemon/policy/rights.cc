#include "policy/rights.h"

#include <algorithm>

#include "policy/policy.h"

namespace runard::policy {
namespace {

constexpr std::string_view kOpen = "default: members";
constexpr std::string_view kClosed = "default: deny";
constexpr std::string_view kNeverByDefault = "admin is never a default";
constexpr std::string_view kNotMember = "not a member";

bool about(const Rule& rule, const Subject& subject) {
  if (rule.node && *rule.node != subject.node) {
    return false;
  }
  return rule.group.empty() ||
         std::binary_search(subject.groups.begin(), subject.groups.end(), rule.group);
}

}  // namespace

Rights::Rights(std::shared_ptr<const Policy> policy, const Subject& subject)
    : policy_(std::move(policy)),
      networks_(subject.networks),
      open_(policy_->default_access() == Default::kMembers) {
  for (const Policy::Entry& entry : policy_->entries()) {
    if (!about(entry.rule, subject)) {
      continue;
    }
    const Line line = line_of(entry.rule, entry.pattern ? &*entry.pattern : nullptr);
    for (const Action action : all_actions()) {
      Lines& lines = lines_[static_cast<std::size_t>(action)];
      if (entry.rule.deny.has(action)) {
        lines.deny.push_back(line);
      }
      if (entry.rule.allow.has(action)) {
        lines.allow.push_back(line);
      }
    }
  }
}

Rights::Line Rights::line_of(const Rule& rule, const routing::TopicPattern* pattern) {
  Line line{Shape::kAll, rule.network, {}, pattern, rule.id};
  if (pattern == nullptr) {
    return line;
  }
  const std::string_view text = pattern->pattern();
  if (pattern->is_literal()) {
    line.shape = Shape::kLiteral;
    line.start = text;
    return line;
  }
  // Up to the first segment that is not literal; with the slash before it.
  std::size_t at = 0;
  for (const std::string_view segment : pattern->segments()) {
    if (routing::kind_of(segment) != routing::SegmentKind::kLiteral) {
      line.shape = routing::kind_of(segment) == routing::SegmentKind::kRest ? Shape::kBelow
                                                                            : Shape::kPattern;
      break;
    }
    at += segment.size() + 1;
  }
  line.start = text.substr(0, at);
  return line;
}

bool Rights::Line::matches(routing::TopicView topic) const {
  if (!network.empty() && network != topic.network) {
    return false;
  }
  switch (shape) {
    case Shape::kAll:
      return true;
    case Shape::kLiteral:
      return topic.path == start;
    case Shape::kBelow:
      return topic.path.size() > start.size() && topic.path.starts_with(start);
    case Shape::kPattern:
      return topic.path.starts_with(start) && pattern->matches_path(topic.path);
  }
  return false;
}

bool Rights::is_member(std::string_view network) const {
  return std::find(networks_.begin(), networks_.end(), network) != networks_.end();
}

Decision Rights::decide(Action action, routing::TopicView topic) const {
  if (!is_member(topic.network)) {
    return {false, kNotMember};
  }
  const Lines& lines = lines_[static_cast<std::size_t>(action)];
  for (const Line& line : lines.deny) {
    if (line.matches(topic)) {
      return {false, line.rule};
    }
  }
  for (const Line& line : lines.allow) {
    if (line.matches(topic)) {
      return {true, line.rule};
    }
  }
  if (action == Action::kAdmin) {
    return {false, kNeverByDefault};
  }
  return {open_, open_ ? kOpen : kClosed};
}

bool Rights::possible(Action action, std::string_view network, std::string_view pattern) const {
  const auto parsed = routing::TopicPattern::parse(pattern, kPatternNetwork);
  if (!is_member(network) || !parsed || parsed->network() != kPatternNetwork) {
    return false;
  }
  const auto fits = [&](const Line& line) {
    return line.network.empty() || line.network == network;
  };
  const Lines& lines = lines_[static_cast<std::size_t>(action)];
  const bool all_denied = std::any_of(lines.deny.begin(), lines.deny.end(), [&](const Line& line) {
    return fits(line) && (line.pattern == nullptr || routing::covers(*line.pattern, *parsed));
  });
  if (all_denied) {
    return false;
  }
  return (open_ && action != Action::kAdmin) ||
         std::any_of(lines.allow.begin(), lines.allow.end(), [&](const Line& line) {
           return fits(line) &&
                  (line.pattern == nullptr || routing::overlaps(*line.pattern, *parsed));
         });
}

}  // namespace runard::policy
