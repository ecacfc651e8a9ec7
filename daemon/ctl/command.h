// How a command group is written: a function that adds its commands to the CLI11 app, listed in
// app.cc. A command's options live as long as the app: they are captured by its run function.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "ctl/session.h"

namespace runard::ctl {

// What a command line came to; run() gives it back.
struct Outcome {
  int exit = kExitOk;
};

struct CommandContext {
  Session& session;
  Outcome& outcome;
};

// The group of that name ("node"), made at its first use: several files may add to one.
CLI::App& group(CLI::App& app, const std::string& name, const std::string& about);

// What --help tells of a command.
struct About {
  std::string name;     // "add"
  std::string what;     // one line: what it does
  std::string example;  // a command line that works, as it would be typed
};

// A command of an app or group; `run` is called when it is chosen and gives the exit code.
using Run = std::function<int(Session& session)>;
CLI::App& command(CLI::App& parent, const About& about, const CommandContext& context, Run run);

// "runarctl node ls"
std::string path_of(const CLI::App& app);
// A command of a later version: whatever stands behind it, it says so and ends in kExitUsage.
bool is_later(const CLI::App& app);
int refuse_later(const CLI::App& app, Session& session);
// Whether --help, did-you-mean and completion tell of it.
bool is_shown(const CLI::App& app);

// What the value of an option or argument is: it stands in --help, and completion finds the values
// by it.
namespace value_name {
inline constexpr const char* kAction = "ACTION";    // an action's path
inline constexpr const char* kService = "SERVICE";  // where a service is mounted
inline constexpr const char* kNode = "NODE";        // a node's name or id
inline constexpr const char* kNetwork = "NETWORK";  // a network's name
inline constexpr const char* kProfile = "PROFILE";  // a profile's name or id
inline constexpr const char* kLabel = "LABEL";
inline constexpr const char* kKey = "KEY";        // of the configuration
inline constexpr const char* kCode = "CODE";      // of an error
inline constexpr const char* kFormat = "FORMAT";  // of the output
inline constexpr const char* kShell = "SHELL";
inline constexpr const char* kEncoding = "ENCODING";  // of a payload
inline constexpr const char* kFile = "FILE";
inline constexpr const char* kFolder = "DIR";
inline constexpr const char* kTime = "TIME";  // a duration
inline constexpr const char* kNumber = "N";
inline constexpr const char* kLanguage = "LANGUAGE";
inline constexpr const char* kText = "TEXT";
}  // namespace value_name

// The groups; one line each in app.cc.
void add_ca_commands(CLI::App& app, const CommandContext& context);
void add_rotate_commands(CLI::App& app, const CommandContext& context);
void add_trust_commands(CLI::App& app, const CommandContext& context);
void add_network_commands(CLI::App& app, const CommandContext& context);
void add_network_info_command(CLI::App& app, const CommandContext& context);
void add_node_identity_commands(CLI::App& app, const CommandContext& context);
void add_profile_commands(CLI::App& app, const CommandContext& context);
void add_key_commands(CLI::App& app, const CommandContext& context);
void add_keystore_commands(CLI::App& app, const CommandContext& context);
void add_status_commands(CLI::App& app, const CommandContext& context);
void add_service_commands(CLI::App& app, const CommandContext& context);
void add_action_commands(CLI::App& app, const CommandContext& context);
void add_traffic_commands(CLI::App& app, const CommandContext& context);
void add_bench_commands(CLI::App& app, const CommandContext& context);
void add_config_commands(CLI::App& app, const CommandContext& context);
void add_explain_command(CLI::App& app, const CommandContext& context);
void add_completion_command(CLI::App& app, const CommandContext& context);
void add_label_commands(CLI::App& app, const CommandContext& context);
void add_plugin_commands(CLI::App& app, const CommandContext& context);
void add_auth_commands(CLI::App& app, const CommandContext& context);
void add_later_commands(CLI::App& app, const CommandContext& context);

}  // namespace runard::ctl
