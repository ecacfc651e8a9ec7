// Check: what `runard --check` does.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "config/problem.h"
#include "config/sources.h"

namespace runard::config {

inline constexpr int kExitOk = 0;
inline constexpr int kExitConfig = 78;  // systemd does not restart it

// Each as a line with its code.
void tell(const std::vector<Problem>& problems, std::ostream& err);

// Loads the file. Writes "ok: 2 services, local-only" (or "mesh") to out, or each problem as a line
// to err, and there a note if plugins are looked for in a folder that is not there. Returns the
// exit code.
int check(const std::string& path, Env env, std::ostream& out, std::ostream& err);

}  // namespace runard::config
