// The command line of runarctl: all command groups, the global options, help, did-you-mean.
#pragma once

#include <string>
#include <vector>

#include "ctl/session.h"

namespace runard::ctl {

// Runs one command line, given without the program's name; the exit code. Sets the global options
// in `session`.
int run(std::vector<std::string> args, Session& session);

}  // namespace runard::ctl
