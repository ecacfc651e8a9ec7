// runarctl call --all: one call to each provider of an action, all at once.
#pragma once

#include <boost/json.hpp>

#include "core/clock.h"
#include "ctl/session.h"

namespace runard::ctl {

// `params`: those of the control socket's "call", without "node". Prints one row a provider. Ends
// in 0 when all answered with a result, in kExitPartial when some did, else as the first error
// does. A path without a provider fails as a call of it does.
int call_all(Session& session, const boost::json::object& params, core::Duration timeout);

}  // namespace runard::ctl
