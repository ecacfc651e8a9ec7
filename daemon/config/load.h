// Load: a YAML file to a Config, or to everything that is wrong with it.
//
// Never throws, never crashes, and takes bounded time and memory whatever the file holds. The only
// I/O is reading the file and the secrets that it names. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problem.h"
#include "config/sources.h"

namespace runard::config {

struct Loaded {
  std::optional<Config> config;   // set when there is no problem
  std::vector<Problem> problems;  // in the order of the file, at most kMaxProblems
};

Loaded load(const std::string& path, Env env);

// The same from text; `file` is only what problems call it.
Loaded load_text(std::string_view text, const std::string& file, const Sources& sources);

}  // namespace runard::config
