// Rights: a policy as it is for one subject: only the rules that are about it, ready to be matched.
//
// decide(): no lock, no allocation; the deny rules of an action are tried first, then its allow
// rules, then the default. Each is a comparison of the path's beginning, and the router's own
// matching only where that fits (figures in README.md). A path that is not canonical matches as it
// stands: callers hand over what the router will use.
// Immutable; any thread. Borrows rules and patterns from its policy, which it keeps alive.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/rule.h"
#include "routing/topic_pattern.h"

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
  // How a rule's pattern is compared; the cheapest that is exact.
  enum class Shape : std::uint8_t { kAll, kLiteral, kBelow, kPattern };
  struct Line {
    Shape shape = Shape::kAll;
    std::string_view network;  // empty: all
    std::string_view start;    // what a path has to be, or to begin with
    const routing::TopicPattern* pattern = nullptr;
    std::string_view rule;
    bool matches(routing::TopicView topic) const;
  };
  struct Lines {
    std::vector<Line> deny;
    std::vector<Line> allow;
  };

  static Line line_of(const Rule& rule, const routing::TopicPattern* pattern);
  bool is_member(std::string_view network) const;

  const std::shared_ptr<const Policy> policy_;
  const std::vector<std::string> networks_;
  bool open_ = false;  // the default is kMembers
  std::array<Lines, kActions> lines_;
};

}  // namespace runard::policy
