#include "ctl/command.h"

#include <memory>
#include <utility>

namespace runard::ctl {

CLI::App& group(CLI::App& app, const std::string& name, const std::string& about) {
  const auto existing =
      app.get_subcommands([&name](const CLI::App* sub) { return sub->get_name() == name; });
  if (!existing.empty()) {
    return *existing.front();
  }
  CLI::App* made = app.add_subcommand(name, about);
  made->require_subcommand(1);
  return *made;
}

CLI::App& command(CLI::App& parent, const About& about, const CommandContext& context, Run run) {
  CLI::App* made = parent.add_subcommand(about.name, about.what);
  made->footer("Example:\n  " + about.example +
               "\n\nOptions of every command (-o json, --socket ...): runarctl --help");
  made->final_callback([context, made, run = std::move(run)] {
    context.session.command = path_of(*made);
    context.outcome.exit = run(context.session);
  });
  return *made;
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : path_of(*app.get_parent()) + " " + app.get_name();
}

bool is_shown(const CLI::App& app) {
  return !app.get_group().empty();
}

}  // namespace runard::ctl
