#include "policy/release.h"

#include <algorithm>

namespace runard::policy {
namespace {

bool has(const auto& list, const auto& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

bool Release::covers(const Recipient& recipient) const {
  switch (recipient.kind) {
    case Recipient::Kind::kNetwork:
      return has(networks, recipient.network);
    case Recipient::Kind::kProfile:
      return (recipient.caller && to_caller) || has(profiles, recipient.profile);
    case Recipient::Kind::kNode:
      return has(nodes, recipient.node) ||
             std::any_of(groups.begin(), groups.end(),
                         [&](const std::string& group) { return has(recipient.groups, group); });
  }
  return false;
}

}  // namespace runard::policy
