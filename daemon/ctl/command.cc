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

CLI::App& command(CLI::App& parent, const std::string& name, const std::string& about,
                  const CommandContext& context, Run run) {
  CLI::App* made = parent.add_subcommand(name, about);
  made->final_callback(
      [context, run = std::move(run)] { context.outcome.exit = run(context.session); });
  return *made;
}

}  // namespace runard::ctl
