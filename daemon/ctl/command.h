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

// A command of an app or group; `run` is called when it is chosen and gives the exit code.
using Run = std::function<int(Session& session)>;
CLI::App& command(CLI::App& parent, const std::string& name, const std::string& about,
                  const CommandContext& context, Run run);

// The groups; one line each in app.cc.
void add_ca_commands(CLI::App& app, const CommandContext& context);
void add_network_commands(CLI::App& app, const CommandContext& context);
void add_node_identity_commands(CLI::App& app, const CommandContext& context);
void add_status_commands(CLI::App& app, const CommandContext& context);
void add_service_commands(CLI::App& app, const CommandContext& context);
void add_traffic_commands(CLI::App& app, const CommandContext& context);
void add_bench_commands(CLI::App& app, const CommandContext& context);
void add_config_commands(CLI::App& app, const CommandContext& context);
void add_explain_command(CLI::App& app, const CommandContext& context);

}  // namespace runard::ctl
