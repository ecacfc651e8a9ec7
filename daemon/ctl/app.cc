#include "ctl/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <istream>
#include <ostream>

#include "ctl/command.h"
#include "ctl/enrol_commands.h"
#include "ctl/suggest.h"

namespace runard::ctl {
namespace {

using core::Errc;

void add_global_options(CLI::App& app, Session& session) {
  app.add_option_function<std::string>(
         "-o,--output",
         [&session](const std::string& text) {
           session.output = text == "json" ? Output::kJson : Output::kTable;
         },
         "How data is printed: table or json")
      ->check([](const std::string& text) {
        return text == "table" || text == "json" ? std::string()
                                                 : "\"" + text + "\" is not table or json";
      })
      ->take_last()
      ->type_name(value_name::kFormat);
  app.add_flag_callback("--json", [&session] { session.output = Output::kJson; }, "As -o json");
  app.add_option("--socket", session.socket, "The daemon's control socket; the last one counts")
      ->take_last()
      ->type_name(value_name::kFile)
      ->capture_default_str();
  app.add_flag("--quiet", session.quiet, "Print data and errors only");
  app.add_flag_callback("--no-color", [&session] { session.colour = false; }, "No colours");
  app.set_version_flag("--version", "runarctl " + session.version);
}

// One line a group; the order is that of --help.
void add_commands(CLI::App& app, const CommandContext& context) {
  add_status_commands(app, context);
  add_service_commands(app, context);
  add_action_commands(app, context);
  add_traffic_commands(app, context);
  add_bench_commands(app, context);
  add_config_commands(app, context);
  add_plugin_commands(app, context);
  add_label_commands(app, context);
  add_ca_commands(app, context);
  add_network_commands(app, context);
  add_network_info_command(app, context);
  add_node_identity_commands(app, context);
  add_enroll_command(app, context);
  add_token_commands(app, context);
  add_rotate_commands(app, context);
  add_trust_commands(app, context);
  add_profile_commands(app, context);
  add_key_commands(app, context);
  add_auth_commands(app, context);
  add_keystore_commands(app, context);
  add_explain_command(app, context);
  add_completion_command(app, context);
  add_later_commands(app, context);
  app.footer(
      "Each command's help has an example: runarctl call --help, or runarctl help call\n\n"
      "Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon not reachable, 4 not found, 5 timeout,\n"
      "6 denied, 7 conflict, 8 partial. 'runarctl explain CODE' tells more of an error.");
}

// The command that was being parsed: the innermost one found.
CLI::App& innermost(CLI::App& app) {
  CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
  }
  return *at;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub :
       app.get_subcommands([](const CLI::App* sub) { return is_shown(*sub); })) {
    names.push_back(sub->get_name());
  }
  return names;
}

// Those of the command, of its groups and of the program: all can stand there.
std::vector<std::string> option_names(const CLI::App& from) {
  std::vector<std::string> names;
  for (const CLI::App* app = &from; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

// CLI11's words, where they would leave the user alone.
std::string usage_text(const CLI::App& at, const CLI::ParseError& error) {
  std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  const std::vector<std::string> commands = command_names(at);
  if (error.get_name() == "RequiredError" && !commands.empty()) {
    return fmt::format("which command? {}", fmt::join(commands, ", "));
  }
  if (error.get_name() == "ArgumentMismatch") {
    const bool is_missing = text.find("missing") != std::string::npos;
    return fmt::format("{} {}", name, is_missing ? "needs a value" : "is given more than once");
  }
  return text;
}

// What was wrong with the command line.
int report_usage(CLI::App& app, const CLI::ParseError& error, Session& session) {
  const CLI::App& at = innermost(app);
  if (is_later(at)) {
    return refuse_later(at, session);
  }
  const std::vector<std::string> left = app.remaining(true);
  session.command = path_of(at);
  if (left.empty()) {
    return session.fail(
        core::fail(Errc::kUsage, fmt::format("{}: {}", session.command, usage_text(at, error))));
  }
  const bool option = left.front().starts_with('-');
  const std::vector<std::string> commands = command_names(at);
  const char* what = option ? "option" : commands.empty() ? "argument" : "command";
  const std::string typed = left.front().substr(0, left.front().find('='));
  return session.fail(
      core::fail(Errc::kUsage, fmt::format("{}: unknown {} \"{}\"", session.command, what, typed)),
      {"", suggest(typed, option ? option_names(at) : commands), {}});
}

}  // namespace

int run(std::vector<std::string> args, Session& session) {
  CLI::App app("Talks to runard, and makes the identities of its nodes.", "runarctl");
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand behind the command too
  Outcome outcome;
  add_global_options(app, session);
  add_commands(app, {session, outcome});
  if (!args.empty() && args.front() == "help") {  // as with other programs
    args.erase(args.begin());
    args.emplace_back("--help");
  }
  std::ranges::reverse(args);  // as CLI11 wants them
  try {
    app.parse(std::move(args));
  } catch (const CLI::Success& help) {  // --help, --version
    return app.exit(help, session.out, session.err);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, session);
  }
  return outcome.exit;
}

}  // namespace runard::ctl
