#include "core/errors.h"

#include <fmt/format.h>

#include <ostream>

namespace runard::core {

std::string code_text(Errc code) {
  return fmt::format("RUNAR-E{}", static_cast<int>(code));
}

std::string_view kind_text(Kind kind) {
  constexpr std::string_view kNames[] = {
      "no_service",  "no_endpoint", "invalid_params", "denied",   "timeout",  "cancelled",
      "unavailable", "overloaded",  "too_large",      "conflict", "internal", "application"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string describe(const Error& error) {
  const ErrorInfo& row = info(error.code);
  const std::string_view meaning =
      error.about.empty() ? row.meaning : std::string_view(error.about);
  return fmt::format("{} [{} {}]", meaning, code_text(error.code), row.name);
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << describe(error);
}

}  // namespace runard::core
