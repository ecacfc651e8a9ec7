// Policy: who may do what, as one immutable snapshot of the configuration's rules.
//
// An explicit deny wins over any allow, an allow over the default, and nobody has any right in a
// network that its certificate does not name. Rules name nodes by their id, or by a group or a
// label of their certificate, never by a node's name: names are labels for people, and one that is
// given to another node (`ca sign --replace`) still stands in the first one's certificate.
//
// Threads: any. Errors of make(): kConfigInvalid, with the rule and what is wrong with it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/result.h"
#include "policy/pattern_table.h"
#include "policy/release.h"
#include "policy/rights.h"
#include "policy/rule.h"

namespace runard::policy {

// The network that rules' patterns are parsed with: a rule has its network beside its path.
inline constexpr std::string_view kPatternNetwork = "any";

struct Rules {
  Default access = Default::kMembers;
  std::vector<Rule> rules;        // at most kMaxRules
  std::vector<Release> releases;  // one a label
};
inline constexpr std::size_t kMaxRules = 1024;

class Policy : public std::enable_shared_from_this<Policy> {
 public:
  struct Entry {
    Rule rule;
    std::optional<routing::TopicPattern> pattern;  // none: every path
  };

  static core::Result<std::shared_ptr<const Policy>> make(Rules rules);

  // What the rules make of one subject; to be kept and asked again.
  std::shared_ptr<const Rights> rights(const Subject& subject) const {
    return std::make_shared<const Rights>(shared_from_this(), subject);
  }
  // The same for one question. Not for a hot path. The answer's rule lives as long as the policy.
  Decision decide(const Subject& subject, Action action, routing::TopicView topic) const {
    return Rights(shared_from_this(), subject).decide(action, topic);
  }
  // Whether a field with this label may be readable for the recipient. A label that
  // authorization.labels does not name may go to whomever encryption.labels says.
  bool may_receive(std::string_view label, const Recipient& recipient) const;
  // Whether a message may name the profile as one more reader of fields with this label: only where
  // a rule of the label names that profile. No rule, or `caller`, lets nobody in this way.
  bool names(std::string_view label, const core::ProfileId& profile) const;

  Default default_access() const { return access_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // The entries' patterns, by the same numbers.
  const PatternTable& table() const { return table_; }
  const std::vector<Release>& releases() const { return releases_; }

 private:
  Policy(Default access, std::vector<Entry> entries, std::vector<Release> releases);
  const Release* release_of(std::string_view label) const;  // null: there is no rule
  const Default access_;
  const std::vector<Entry> entries_;
  const PatternTable table_;  // borrows from the entries
  const std::vector<Release> releases_;
};

}  // namespace runard::policy
