// Rights: a policy as it is for one subject: the rules that are about it, by network and action.
//
// decide(): no lock, no allocation. All rules are matched at once (PatternTable); of those that
// fit the first that denies decides, or else the first that allows, or else the default. A path is
// taken as it stands: callers hand over what the router will use. Figures: README.md.
// Immutable; any thread. Borrows rules and patterns from its policy, which it keeps alive.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/pattern_table.h"
#include "policy/rule.h"

namespace runard::policy {

class Policy;

class Rights {
 public:
  Rights(std::shared_ptr<const Policy> policy, const Subject& subject);

  Decision decide(Action action, routing::TopicView topic) const;
  // Whether anything that the pattern matches might be allowed. May say yes where several rules
  // together deny all of it; never no where something is allowed. kBadPattern counts as no.
  bool possible(Action action, std::string_view network, std::string_view pattern) const;

 private:
  enum Effect : std::uint8_t { kDeny, kAllow };

  void add(const Rule& rule, std::size_t number);
  // Its place among the subject's networks; their number when it is none of them.
  std::size_t place_of(std::string_view network) const;
  std::size_t offset_of(std::size_t place, Action action, Effect effect) const;
  // The numbers of the subject's rules.
  std::span<const Word> rules(std::size_t place, Action action, Effect effect) const;
  bool is_default(Action action) const { return open_ && action != Action::kAdmin; }

  const std::shared_ptr<const Policy> policy_;
  const std::vector<std::string> networks_;
  const bool open_;  // the default is kMembers
  const std::size_t width_;
  std::vector<Word> words_;
};

}  // namespace runard::policy
