// The commands of enrolment; see command.h.
#pragma once

#include "ctl/command.h"

namespace runard::ctl {

void add_enroll_command(CLI::App& app, const CommandContext& context);
void add_token_commands(CLI::App& app, const CommandContext& context);

}  // namespace runard::ctl
