// Confirm: a question before a command does what is hard to undo.
//
// Who sits at a terminal (Session::asks) is asked there, unless they said --yes.
// Elsewhere nobody is there to answer: a script that says it means it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/result.h"

namespace runard::ctl {

struct Session;

void add_yes_option(CLI::App& made, bool& yes);

// kUsage unless the answer is "y" or "yes". `what` is a clause: "shut node web-1 out".
core::Result<void> confirm(Session& session, const std::string& what, bool yes);

}  // namespace runard::ctl
