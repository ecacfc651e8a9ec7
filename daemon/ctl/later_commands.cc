// The commands of the contract (DESIGN section 9) that do not work in this version: each says so,
// with its code. They stand in no help and are never suggested. A command that begins to work
// leaves this table.
#include <memory>

#include "ctl/command.h"

namespace runard::ctl {
namespace {

struct Later {
  const char* group;  // "" for a command of its own
  const char* name;
  const char* instead;  // what can be done today; nullptr: nothing
};

constexpr const char* kAbout = "Not in this version";
constexpr const char* kRestart =
    "Restart the daemon: systemctl restart runard. A renewed certificate needs only a reload.";
constexpr const char* kFolder =
    "Put the file into plugins.dir: it runs if the YAML names it, or if plugins.auto_enable is "
    "true.";

constexpr Later kLater[] = {
    {"node", "drain", "Stop it: systemctl stop runard drains before it ends."},
    {"plugin", "ls", "'runarctl status' shows the plugin of each service."},
    {"plugin", "inspect", nullptr},
    {"plugin", "validate", nullptr},
    {"plugin", "run", "The SDK's test host runs a plugin: runar/testing.hpp."},
    {"plugin", "enable", kFolder},
    {"plugin", "reload", kRestart},
    {"plugin", "trust", nullptr},
    {"lb", "explain", "'runarctl call PATH --all' shows who provides an action."},
    {"dlq", "ls", nullptr},
    {"dlq", "show", nullptr},
    {"dlq", "requeue", nullptr},
    {"dlq", "purge", nullptr},
    {"", "doctor", "'runarctl status' and 'runarctl config validate' show most of it."},
    {"config", "diff", "Compare the file with 'runarctl config show'."},
    {"", "trace", nullptr},
    {"", "top", "'runarctl status' shows the figures of this node."},
};

const char* instead_of(const std::string& path) {
  for (const Later& later : kLater) {
    const std::string group = later.group;
    if (path == "runarctl " + (group.empty() ? "" : group + " ") + later.name) {
      return later.instead;
    }
  }
  return nullptr;
}

// A group of nothing but such commands is one itself.
void hide_group(CLI::App& made, const CommandContext& context) {
  made.group("");
  made.require_subcommand(0);
  made.final_callback([&made, context] {
    if (made.get_subcommands().empty()) {
      context.outcome.exit = refuse_later(made, context.session);
    }
  });
}

}  // namespace

bool is_later(const CLI::App& app) {
  return app.get_description() == kAbout;
}

int refuse_later(const CLI::App& app, Session& session) {
  session.command = path_of(app);
  const char* instead = instead_of(session.command);
  return session.fail(
      core::fail(core::Errc::kNotInThisVersion, session.command + " is not in this version"),
      {instead == nullptr ? "" : instead, {}, {}});
}

void add_later_commands(CLI::App& app, const CommandContext& context) {
  for (const Later& later : kLater) {
    const std::string name = later.group;
    CLI::App& parent = name.empty() ? app : group(app, name, kAbout);
    if (is_later(parent)) {
      hide_group(parent, context);
    }
    CLI::App* made = parent.add_subcommand(later.name, kAbout)->group("");
    made->final_callback(
        [made, context] { context.outcome.exit = refuse_later(*made, context.session); });
  }
}

}  // namespace runard::ctl
