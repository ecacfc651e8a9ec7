// runard: the daemon. Reads argv and the environment, loads the configuration, runs it.

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>

#include "config/check.h"
#include "config/load.h"
#include "config/suggest.h"
#include "crypto/process.h"
#include "node/daemon.h"
#include "node/node_name.h"

namespace {

using namespace runard;

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody writes it
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// As they are now: a plugin's thread may change the environment later.
std::map<std::string, std::string> all_variables() {
  std::map<std::string, std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return variables;
}

// Lets glibc begin where its own adaptation may end (mallopt(3)). Before that the pages of a large
// body go back to the kernel with each one that is freed, and the next is faulted in again: two
// thirds of the speed of bulk, whenever nothing happens to lie above it in the heap.
void keep_freed_pages() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // NOLINT(concurrency-mt-unsafe): before any thread
  mallopt(M_TRIM_THRESHOLD, 64 << 20);  // NOLINT(concurrency-mt-unsafe)
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

// What was wrong with the command line, as runarctl tells it.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining();
  std::string what = error.what();
  std::string hint;
  if (!left.empty()) {
    const bool is_option = left.front().starts_with('-');
    what = fmt::format("unknown {} \"{}\"", is_option ? "option" : "argument", left.front());
    const std::vector<std::string> options = {"--config", "--check", "--version", "--help"};
    const auto near = config::nearest(left.front(), options);
    hint = near         ? "did you mean " + *near + "?"
           : !is_option ? "did you mean --config " + left.front() + "?"
                        : "";
  }
  std::cerr << "error: " << core::describe(core::fail(core::Errc::kUsage, "runard: " + what))
            << '\n'
            << (hint.empty() ? "" : "  " + hint + "\n") << "  try: see runard --help\n";
  return node::kUsage;
}

int run(const std::string& path, bool memory_locked) {
  const config::Loaded loaded = config::load(path, environment);
  if (!loaded.config) {
    config::tell(loaded.problems, std::cerr);
    return node::kConfigWrong;
  }
  static const core::SystemClock clock;
  node::Environment given;
  given.config_path = path;
  given.notify_socket = environment("NOTIFY_SOCKET").value_or("");
  given.credentials_folder = environment("CREDENTIALS_DIRECTORY").value_or("");
  given.version = RUNARD_VERSION;
  given.memory_locked = memory_locked;
  given.load = [path, variables = all_variables()] {
    return config::load(path, [&](const std::string& name) -> std::optional<std::string> {
      const auto at = variables.find(name);
      return at == variables.end() ? std::nullopt : std::optional(at->second);
    });
  };
  unsetenv("NOTIFY_SOCKET");          // NOLINT(concurrency-mt-unsafe): before any thread
  unsetenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): both are not for children
  config::Config config = *loaded.config;
  config.node.name = node::node_name(config);
  return node::run_daemon(given, config, make_log(config.logging, config.node.name, clock));
}

}  // namespace

int main(int argc, char** argv) {
  const bool memory_locked = crypto::harden_process();
  keep_freed_pages();
  CLI::App app(
      "The mesh daemon. Runs in the foreground and logs to stderr; SIGTERM drains and stops it, a "
      "second one stops it at once, SIGHUP takes a renewed certificate, changed rules of "
      "authorization and new settings of services.",
      "runard");
  std::string path = "/etc/runard/runard.yaml";
  bool check = false;
  app.add_option("--config", path, "the YAML file; config/runard.yaml explains every key")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--check", check,
               "only validate the configuration: exit 0, or 78 with every error on stderr");
  app.set_version_flag("--version", "runard " RUNARD_VERSION);
  app.footer(
      "Example:\n  runard --check --config runard.yaml && runard --config runard.yaml\n\n"
      "Exit codes: 0 stopped as asked, 1 failed, 2 usage, 75 try later (state directory or "
      "address\n"
      "in use), 78 configuration or identity wrong.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {  // --help, --version
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  return check ? config::check(path, environment, std::cout, std::cerr) : run(path, memory_locked);
}
