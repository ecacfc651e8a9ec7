// Completion: what could stand next on a command line, from the commands themselves and from what a
// running daemon knows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/session.h"

namespace runard::ctl {

// The words of a line as a shell would take them: quotes and backslashes are resolved; the last one
// is what is being typed, "" behind a blank.
std::vector<std::string> split_line(std::string_view line);

// The candidates for the last of `words`, whose first is the program's name; sorted, each beginning
// with it. Empty: the shell may offer files. Asks the daemon of `session`, or of --socket in the
// words, for 150 ms at most.
std::vector<std::string> complete(const CLI::App& app, const std::vector<std::string>& words,
                                  Session& session);

// What a shell has to read once to complete runarctl; "" for a shell that is not known.
std::string_view completion_script(std::string_view shell);

}  // namespace runard::ctl
