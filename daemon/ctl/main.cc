// runarctl.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

#include "crypto/process.h"
#include "ctl/app.h"

int main(int argc, char** argv) {
  using namespace runard;
  (void)crypto::harden_process();  // it lives for a moment
  const core::SystemClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  const auto environment = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  ctl::Session session{std::cin, std::cout, std::cerr, clock, random, disk, environment};
  session.version = RUNARD_VERSION;
  std::error_code unknown;
  session.program_folder =
      std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path().string();
  session.colour = isatty(STDERR_FILENO) != 0 && !environment("NO_COLOR");
  session.asks = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
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
