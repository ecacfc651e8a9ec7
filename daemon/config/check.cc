#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "config/load.h"

namespace runard::config {

void tell(const std::vector<Problem>& problems, std::ostream& err) {
  for (const Problem& problem : problems) {
    err << fmt::format("{} [{} {}]\n", problem.text(), core::code_text(problem.code),
                       core::info(problem.code).name);
  }
}

namespace {

// Not wrong: it may be made before the start, or after it.
void note_plugin_folder(const Config& config, std::ostream& err) {
  const bool looks_there = config.plugins.auto_enable ||
                           std::ranges::any_of(config.plugins.load, [](const Plugin& plugin) {
                             return std::filesystem::path(plugin.file).is_relative();
                           });
  std::error_code ignored;
  if (looks_there && !std::filesystem::is_directory(config.plugins.dir, ignored)) {
    err << fmt::format("note: plugins.dir: there is no folder {} yet\n", config.plugins.dir);
  }
}

}  // namespace

int check(const std::string& path, Env env, std::ostream& out, std::ostream& err) {
  const Loaded loaded = load(path, std::move(env));
  tell(loaded.problems, err);
  if (!loaded.config) {
    return kExitConfig;
  }
  const std::size_t services = loaded.config->service_count();
  note_plugin_folder(*loaded.config, err);
  out << fmt::format("ok: {} service{}, {}\n", services, services == 1 ? "" : "s",
                     loaded.config->local_only() ? "local-only" : "mesh");
  return kExitOk;
}

}  // namespace runard::config
