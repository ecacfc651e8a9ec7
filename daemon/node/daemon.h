// Daemon: one runard from start to stop: builds the node, minds the signals, tells systemd.
#pragma once

#include <functional>
#include <string>

#include "config/load.h"
#include "core/log.h"

namespace runard::node {

// What main() knows and nobody else may ask.
struct Environment {
  std::string config_path;
  std::string notify_socket;       // $NOTIFY_SOCKET
  std::string credentials_folder;  // $CREDENTIALS_DIRECTORY
  std::string version;
  bool memory_locked = false;            // crypto::harden_process()
  std::function<config::Loaded()> load;  // reads the configuration again, on any thread
};

// DESIGN section 9.
enum Exit : int { kStopped = 0, kFailed = 1, kUsage = 2, kTryLater = 75, kConfigWrong = 78 };

// Runs until it is told to stop. Every reason for another exit than kStopped is logged.
int run_daemon(const Environment& environment, const config::Config& config, core::Log log);

}  // namespace runard::node
