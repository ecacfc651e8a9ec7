#include "ctl/printable.h"

#include <algorithm>

#include "core/utf8.h"
#include "routing/escape.h"

namespace runard::ctl {
namespace {

// Replaces each malformed byte, and each well-formed character that is not kept.
template <class Keep>
std::string replaced(std::string_view text, std::string_view by, const Keep& keep) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = core::utf8_size(text);
    clean += size > 0 && keep(text) ? text.substr(0, size) : by;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

}  // namespace

std::string printable(std::string_view text) {
  return replaced(text, "?",
                  [](std::string_view rest) { return routing::control_size(rest, 0) == 0; });
}

std::string well_formed(std::string_view text) {
  return replaced(text, "\xEF\xBF\xBD", [](std::string_view) { return true; });
}

}  // namespace runard::ctl
