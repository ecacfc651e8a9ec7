// runarctl ca rotate prepare|activate|retire.
#pragma once

#include "ctl/command.h"

namespace runard::ctl {

void add_rotate_commands(CLI::App& ca, const CommandContext& context);

}  // namespace runard::ctl
