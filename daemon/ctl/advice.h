// Advice: what helps with an error of the daemon's, found out from what the daemon knows: names
// that were probably meant, what an action takes, why a socket can't be used.
#pragma once

#include <string>

#include "ctl/control_client.h"
#include "ctl/session.h"

namespace runard::ctl {

// What the failed request was about; "" for what it did not name.
struct Asked {
  std::string path;       // of an action, service or topic: "math/add", "main:math/add"
  std::string node;       // a name or id
  bool is_local = false;  // this node only
};

// Tells of the daemon's error with advice; the exit code. May ask the daemon again, for a second at
// most.
int tell(Session& session, const ControlError& error, const Asked& asked = {});

// The same for a socket that could not be connected to.
int tell_unreachable(Session& session, const core::Error& error);

}  // namespace runard::ctl
