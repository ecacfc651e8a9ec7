// Puts statements into a node's state directory, as far as its CAs prove them and none is older
// than what is there.
#pragma once

#include <span>
#include <string>

#include "ctl/session.h"
#include "identity/statement.h"

namespace runard::ctl {

// All of them, or the error of the first that is refused; kConflict for an older one. Those before
// it stay: each counts for itself.
core::Result<void> take_statements(Session& session, const std::string& state,
                                   std::span<const identity::Statement> statements);

}  // namespace runard::ctl
