#include "config/check.h"

#include <fmt/format.h>

#include <ostream>

#include "config/load.h"

namespace runard::config {

int check(const std::string& path, Env env, std::ostream& out, std::ostream& err) {
  const Loaded loaded = load(path, std::move(env));
  for (const Problem& problem : loaded.problems) {
    err << problem.text();
    if (problem.mark.line == 0) {  // nothing of it can be corrected in the file
      err << fmt::format(" [{} {}]", core::code_text(problem.code), core::info(problem.code).name);
    }
    err << '\n';
  }
  if (!loaded.config) {
    return kExitConfig;
  }
  const std::size_t services = loaded.config->service_count();
  out << fmt::format("ok: {} service{}, {}\n", services, services == 1 ? "" : "s",
                     loaded.config->local_only() ? "local-only" : "mesh");
  return kExitOk;
}

}  // namespace runard::config
