// Loads configurations from text, with an environment and files that a test made up.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace runard::config {

struct World {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  Sources sources() const {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto at = variables.find(name);
              return at == variables.end() ? std::nullopt : std::optional(at->second);
            },
            [this](const std::string& path, std::size_t limit) -> core::Result<std::string> {
              const auto at = files.find(path);
              if (at == files.end()) {
                return core::fail(core::Errc::kConfigUnreadable, "No such file or directory");
              }
              if (at->second.size() > limit) {
                return core::fail(core::Errc::kTooLarge, "is too large");
              }
              return at->second;
            }};
  }
};

inline Loaded load_yaml(std::string_view text, const World& world = {}) {
  return load_text(text, "c.yaml", world.sources());
}

using Lines = std::vector<std::string>;

inline Lines lines_of(const Loaded& loaded) {
  Lines lines;
  for (const Problem& problem : loaded.problems) {
    lines.push_back(problem.text());
  }
  return lines;
}

inline Lines problems(std::string_view text, const World& world = {}) {
  return lines_of(load_yaml(text, world));
}

// A file of the project's config/ folder.
inline std::filesystem::path project_path(const std::string& name) {
  return std::filesystem::path(RUNARD_CHECKOUT) / "config" / name;
}
inline std::string project_file(const std::string& name) {
  std::ifstream in(project_path(name));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace runard::config
