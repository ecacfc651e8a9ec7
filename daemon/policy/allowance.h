// Allowance: what one plugin may use, from `allow:` of plugins.load. Where it has one, what does
// not stand there is denied, on this node too; a plugin without one may do everything.
//
// Where a plugin may offer services needs no check while it runs: it mounts where the YAML says,
// which the loader holds against `serve`, and its actions lie below that.
// Immutable; any thread; may() takes no lock and no memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "core/result.h"
#include "policy/action.h"
#include "routing/topic_pattern.h"

namespace runard::policy {

class Allowance {
 public:
  // Null for a plugin without `allow:`. kConfigInvalid for what the loader would have refused.
  static core::Result<std::shared_ptr<const Allowance>> of(const config::Plugin& plugin);

  // kCall or kPublish.
  bool may(Action action, routing::TopicView topic) const;
  // Every topic that the subscription would see must be allowed.
  bool may_subscribe(std::string_view pattern, std::string_view default_network) const;

 private:
  using Patterns = std::vector<routing::TopicPattern>;
  bool in_network(std::string_view network) const;

  std::vector<std::string> networks_;
  Patterns call_;
  Patterns publish_;
  Patterns subscribe_;
};

}  // namespace runard::policy
