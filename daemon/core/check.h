// RUNARD_CHECK: an invariant that only a bug can break. It prints where and ends the process;
// systemd starts a fresh one. Never for input from a peer, a plugin, a file or a user.
#pragma once

namespace runard::core {
[[noreturn]] void check_failed(const char* what, const char* file, int line);
}

#define RUNARD_CHECK(condition) \
  ((condition) ? (void)0 : ::runard::core::check_failed(#condition, __FILE__, __LINE__))
