// runarctl completion bash|zsh|fish, and the hidden command that their scripts ask.
#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "ctl/command.h"
#include "ctl/completion.h"

namespace runard::ctl {
namespace {

int print_script(Session& session, const std::string& shell) {
  const std::string_view script = completion_script(shell);
  if (script.empty()) {
    return session.fail(
        core::fail(core::Errc::kUsage, fmt::format("no completion for the shell \"{}\"", shell)),
        {"Use bash, zsh or fish.", {}, {}});
  }
  session.out << script;
  return kExitOk;
}

int print_candidates(const CLI::App& app, Session& session, const std::string& line) {
  for (const std::string& candidate : complete(app, split_line(line), session)) {
    session.out << candidate << '\n';
  }
  return kExitOk;
}

}  // namespace

void add_completion_command(CLI::App& app, const CommandContext& context) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& made =
      command(app,
              {"completion", "Prints what a shell needs to complete runarctl's words",
               "source <(runarctl completion bash)      # for good: in ~/.bashrc"},
              context, [shell](Session& session) { return print_script(session, *shell); });
  made.add_option("shell", *shell, "bash, zsh or fish")->required()->type_name(value_name::kShell);

  const auto line = std::make_shared<std::string>();
  CLI::App& asked = command(
      app,
      {"complete-line", "For the scripts of 'completion'", "runarctl complete-line 'runarctl no'"},
      context, [line, &app](Session& session) { return print_candidates(app, session, *line); });
  asked.add_option("line", *line, "What has been typed")->required()->type_name(value_name::kText);
  asked.group("");
}

}  // namespace runard::ctl
