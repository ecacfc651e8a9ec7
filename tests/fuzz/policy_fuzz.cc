// links: policy config
// Any bytes as a configuration of authorization: what loads makes a policy, and the policy gives an
// answer that does not depend on how it is asked; a deny of everything wins over all the rest.
#include <cstdint>
#include <string>
#include <string_view>

#include "config/load.h"
#include "core/check.h"
#include "policy/allowance.h"
#include "policy/from_config.h"

using namespace runard;
using policy::Action;

namespace {

config::Sources nothing_else() {
  return {[](const std::string&) -> std::optional<std::string> { return std::nullopt; },
          [](const std::string&, std::size_t) -> core::Result<std::string> {
            return core::fail(core::Errc::kConfigUnreadable, "none");
          }};
}

void ask(const policy::Policy& policy, const policy::Subject& subject, bool denied) {
  const auto rights = policy.rights(subject);
  for (const std::string_view path : {"math/add", "a", "$registry/services/list", "a/b/c/d", ""}) {
    for (const Action action : policy::all_actions()) {
      const policy::Decision decision = rights->decide(action, {"main", path});
      RUNARD_CHECK(!decision.rule.empty());
      RUNARD_CHECK(decision.allowed == policy.decide(subject, action, {"main", path}).allowed);
      RUNARD_CHECK(!decision.allowed || !denied);
      RUNARD_CHECK(!decision.allowed || path.empty() || rights->possible(action, "main", path));
      RUNARD_CHECK(!rights->decide(action, {"elsewhere", path}).allowed);
    }
  }
}

void check(const config::Config& config) {
  const auto made = policy::from_config(config.authorization);
  RUNARD_CHECK(made.has_value());  // what the loader lets through has a meaning
  const policy::Subject subject{core::NodeId{}, {"a", "web"}, {"main"}, {"region=eu"}};
  ask(**made, subject, false);
  config::Authorization closed = config.authorization;
  closed.rules.push_back(
      {{}, {"call", "publish", "subscribe", "register", "keys.read", "admin"}, {}, "", ""});
  if (const auto shut = policy::from_config(closed)) {
    ask(**shut, subject, true);
  }
  for (const config::Plugin& plugin : config.plugins.load) {
    const auto allowance = policy::Allowance::of(plugin);
    RUNARD_CHECK(allowance.has_value());
    if (*allowance) {
      (*allowance)->may(Action::kCall, {"main", "math/add"});
      (*allowance)->may_subscribe("math/>", "main");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // As they stand, and as the lines below authorization: most files need no head then.
  for (const std::string_view head : {"", "authorization:\n"}) {
    const config::Loaded loaded =
        config::load_text(std::string(head) + std::string(text), "f.yaml", nothing_else());
    if (loaded.config) {
      check(*loaded.config);
    }
  }
  return 0;
}
