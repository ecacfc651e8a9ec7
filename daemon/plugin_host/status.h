// The two vocabularies of failure: the ABI's runar_status and the daemon's Errc.
#pragma once

#include <runar/plugin.h>

#include "rpc/handler.h"

namespace runard::plugin_host {

// What a plugin is told about a reply. Errors keep their kind; a service's own code stays itself.
runar_status status_of(const rpc::Reply& reply);
runar_status status_of(core::Errc code);

// What the daemon makes of a handler's fail(). BUSY, UNAVAILABLE and STOPPING say that the work was
// not begun, so that the call may go to another provider; of a request that has called or published
// Requests does not believe it.
rpc::Reply failure_of(runar_status status, std::string_view message);

// "RUNAR_E_BUSY"; the number for a service's own code.
std::string status_text(runar_status status);

}  // namespace runard::plugin_host
