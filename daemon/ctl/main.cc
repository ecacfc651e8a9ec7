// runarctl.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "ctl/app.h"

int main(int argc, char** argv) {
  using namespace runard;
  const core::SystemClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  ctl::Session session{std::cin, std::cout, std::cerr, clock, random, disk};
  session.version = RUNARD_VERSION;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  session.colour = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  try {
    const int code = ctl::run({argv + 1, argv + argc}, session);
    std::cout.flush();
    if (!std::cout) {
      std::fputs("error: standard output could not be written\n", stderr);
      return ctl::kExitFailed;
    }
    return code;
  } catch (const std::exception& error) {  // of a library, not foreseen
    std::fprintf(stderr, "error: %s\n", error.what());
    return ctl::kExitFailed;
  }
}
