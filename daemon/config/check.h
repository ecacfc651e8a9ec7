// Check: what `runard --check` does.
#pragma once

#include <iosfwd>
#include <string>

#include "config/sources.h"

namespace runard::config {

inline constexpr int kExitOk = 0;
inline constexpr int kExitConfig = 78;  // systemd does not restart it

// Loads the file. Writes "ok: 2 services, local-only" (or "mesh") to out, or each problem as a line
// to err. Returns the exit code.
int check(const std::string& path, Env env, std::ostream& out, std::ostream& err);

}  // namespace runard::config
