// links: config
// Any bytes as a configuration: nothing crashes, every problem is one clean line with a place in
// the file, and what loads can be shown and loaded again.
#include <cstdint>
#include <string_view>

#include "config/load.h"
#include "config/show.h"
#include "core/check.h"
#include "routing/escape.h"

using namespace runard;
using namespace runard::config;

namespace {

Sources made_up() {
  return {[](const std::string& name) -> std::optional<std::string> {
            return name.size() < 3 ? std::optional<std::string>("12") : std::nullopt;
          },
          [](const std::string& path, std::size_t) -> core::Result<std::string> {
            return path.size() < 8 ? core::Result<std::string>("secret\n")
                                   : core::fail(core::Errc::kConfigUnreadable, "none");
          }};
}

void check_problem(const Problem& problem) {
  const std::string line = problem.text();
  RUNARD_CHECK(line.find('\n') == std::string::npos && line.find('\r') == std::string::npos);
  RUNARD_CHECK(routing::is_utf8(line));
  RUNARD_CHECK(line.size() < 4096);
  RUNARD_CHECK(!problem.what.empty() && !problem.instead.empty());
  RUNARD_CHECK(problem.mark.line >= 0 && problem.mark.column >= 0);
  RUNARD_CHECK((problem.mark.line == 0) == (problem.mark.column == 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = load_text(text, "f.yaml", made_up());
  RUNARD_CHECK(loaded.config.has_value() == loaded.problems.empty());
  RUNARD_CHECK(loaded.problems.size() <= kMaxProblems);
  for (const Problem& problem : loaded.problems) {
    check_problem(problem);
  }
  if (!loaded.config) {
    return 0;
  }
  const std::string shown = show(*loaded.config, ShowAs::kYaml);
  const Loaded again = load_text(shown, "again.yaml", made_up());
  const bool has_replacement =
      text.find("${") != std::string_view::npos || text.find("file:/") != std::string_view::npos;
  RUNARD_CHECK(has_replacement || again.config.has_value());
  RUNARD_CHECK(has_replacement || shown == show(*again.config, ShowAs::kYaml));
  RUNARD_CHECK(!show(*loaded.config, ShowAs::kJson).empty());
  return 0;
}
