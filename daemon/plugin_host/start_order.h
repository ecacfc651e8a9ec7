// The order of `after:` among instances.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"

namespace runard::plugin_host {

// Who waits for whom, by name.
using After = std::map<std::string, std::vector<std::string>>;

// kConfigInvalid for a name that is in neither `after` nor `known`, and for a circle, which it
// spells out.
core::Result<void> check_order(const After& after, const std::set<std::string>& known);

}  // namespace runard::plugin_host
