// runard: the daemon. Reads argv and the environment, loads the configuration, runs it.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "config/check.h"
#include "config/load.h"
#include "crypto/process.h"
#include "node/daemon.h"

namespace {

using namespace runard;

std::optional<std::string> environment(const std::string& name) {
  const char* value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

core::Log make_log(const config::Logging& logging, const std::string& node,
                   const core::Clock& clock) {
  const auto format =
      logging.format == config::LogFormat::kJson ? core::LogFormat::kJson : core::LogFormat::kText;
  auto sink = std::make_shared<core::LogSink>(clock, format, [](std::string_view line) {
    // One write a line, so that lines of several processes on one terminal do not mix. A log that
    // can't be written has nowhere to be reported.
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  });
  sink->set_level("", logging.level);
  for (const auto& [component, level] : logging.levels) {
    sink->set_level(component, level);
  }
  return core::Log(std::move(sink), "runard").with("node", node);
}

int run(const std::string& path) {
  const config::Loaded loaded = config::load(path, environment);
  if (!loaded.config) {
    for (const config::Problem& problem : loaded.problems) {
      std::cerr << problem.text() << '\n';
    }
    return node::kConfigWrong;
  }
  static const core::SystemClock clock;
  node::Environment given;
  given.config_path = path;
  given.notify_socket = environment("NOTIFY_SOCKET").value_or("");
  given.version = RUNARD_VERSION;
  unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): before any thread; not for children
  return node::run_daemon(given, *loaded.config,
                          make_log(loaded.config->logging, loaded.config->node.name, clock));
}

}  // namespace

int main(int argc, char** argv) {
  crypto::harden_process();
  CLI::App app(
      "runard: the mesh daemon. Runs in the foreground and logs to stderr; SIGTERM drains and "
      "stops it.");
  std::string path = "/etc/runard/runard.yaml";
  bool check = false;
  app.add_option("--config", path, "the YAML file")->capture_default_str();
  app.add_flag("--check", check,
               "only validate the configuration: exit 0, or 78 with every error on stderr");
  app.set_version_flag("--version", "runard " RUNARD_VERSION);
  app.footer(
      "Exit codes: 0 stopped as asked, 1 failed, 2 usage, 75 try later, 78 configuration or "
      "identity wrong.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : node::kUsage;
  }
  return check ? config::check(path, environment, std::cout, std::cerr) : run(path);
}
