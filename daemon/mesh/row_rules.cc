#include "mesh/row_rules.h"

#include <algorithm>
#include <set>

#include "routing/topic_path.h"
#include "routing/topic_pattern.h"
#include "wire/limits.h"

namespace runard::mesh {

bool acceptable(const wire::ServiceEntry& entry, std::string_view network) {
  const auto mount = routing::TopicPath::parse(entry.path, network);
  if (mount.has_error() || mount->network() != network || mount->path() != entry.path ||
      mount->is_system()) {
    return false;
  }
  std::set<routing::TopicPattern> own;  // one that is there twice would have two turns
  const auto fits = [&](const wire::ActionEntry& action) {
    const auto pattern = routing::TopicPattern::parse_below(*mount, action.pattern);
    return pattern && own.insert(*pattern).second;
  };
  return !entry.actions || std::all_of(entry.actions->begin(), entry.actions->end(), fits);
}

bool acceptable(const wire::SubscriptionEntry& entry, std::string_view network) {
  const auto pattern = routing::TopicPattern::parse(entry.pattern, network);
  return pattern.has_value() && pattern->network() == network &&
         pattern->pattern() == entry.pattern && !pattern->is_system() &&
         entry.group.size() <= wire::kMaxName;  // else no event may name it
}

}  // namespace runard::mesh
