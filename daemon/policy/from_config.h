// From the configuration's authorization: to a Policy, for the daemon and for `runarctl auth can-i
// --config` alike, so that they can't differ. Any thread.
#pragma once

#include <memory>

#include "config/config.h"
#include "core/result.h"
#include "policy/policy.h"

namespace runard::policy {

// kConfigInvalid for what the loader would have refused; never for what it gave.
core::Result<std::shared_ptr<const Policy>> from_config(const config::Authorization& authorization);

}  // namespace runard::policy
