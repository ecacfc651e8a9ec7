#include "ctl/confirm.h"

#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "ctl/session.h"

namespace runard::ctl {

void add_yes_option(CLI::App& made, bool& yes) {
  made.add_flag("--yes", yes, "Don't ask on a terminal whether it is meant");
}

core::Result<void> confirm(Session& session, const std::string& what, bool yes) {
  if (yes || !session.asks) {
    return {};
  }
  session.err << fmt::format("This is to {}. Go on? [y/N] ", what) << std::flush;
  std::string answer;
  std::getline(session.in, answer);
  if (answer == "y" || answer == "yes") {
    return {};
  }
  return core::fail(core::Errc::kUsage, "not confirmed: nothing was done");
}

}  // namespace runard::ctl
