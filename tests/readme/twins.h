// The twins as tests use them: plugins in a test host, configurations through the daemon's loader.
#pragma once

#include <runar/testing.hpp>
#include <string>

#include "config/load.h"

namespace readme {

// The built plugin of the twin NAME.cc.
inline std::string plugin(const std::string& name) {
  return RUNARD_TWIN_PLUGINS "/" + name + ".so";
}

// The twin NAME.yaml, loaded as `runard --config` does.
inline runard::config::Loaded load(const std::string& name) {
  return runard::config::load(RUNARD_TWINS "/" + name + ".yaml", nullptr);
}

// What `runard --check` says of a text: a line for each problem.
inline std::vector<std::string> problems(std::string_view yaml) {
  const auto loaded = runard::config::load_text(yaml, "c.yaml", {nullptr, nullptr});
  std::vector<std::string> lines;
  for (const auto& problem : loaded.problems) {
    lines.push_back(problem.text());
  }
  return lines;
}

}  // namespace readme
