// What a new certificate is to grant its node, as options of a command.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace runard::ctl {

struct Grant {
  std::vector<std::string> networks;
  std::vector<std::string> groups;
  std::vector<std::string> labels;  // of the node: KEY=VALUE
};

// --network, at least one, --group and --label.
void add_grant(CLI::App& made, Grant& grant);

}  // namespace runard::ctl
