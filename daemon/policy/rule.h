// Rule, Subject, Decision: what a policy is made of, asked with, and answers. Values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "policy/action.h"

namespace runard::policy {

// Who does something. All of it comes from a verified certificate.
struct Subject {
  core::NodeId node;
  std::vector<std::string> groups;    // ascending
  std::vector<std::string> networks;  // those in common with this node, by this node's names
  std::vector<std::string> labels{};  // of the node, KEY=VALUE, ascending
};

// One entry of authorization.rules. What is left out stands for all.
struct Rule {
  std::string id;  // "rules[3]"
  ActionSet allow;
  ActionSet deny;
  std::optional<core::NodeId> node;
  std::string group;
  std::string network;
  std::string path;   // a topic pattern
  std::string label;  // of the node, KEY=VALUE
};

// A yes or no, with what it rests on: a rule's id ("rules[3]"), "default: members",
// "default: deny", "not a member" or "unknown node".
// Borrows from the policy.
struct Decision {
  bool allowed = false;
  std::string_view rule;
};

// What holds where no rule does.
enum class Default : std::uint8_t {
  kMembers,  // who is in the network may do everything but Action::kAdmin
  kDeny,
};

}  // namespace runard::policy
