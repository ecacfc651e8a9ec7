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

std::string_view executed_text(Executed executed) {
  constexpr std::string_view kNames[] = {"unknown", "no", "yes"};
  return kNames[static_cast<std::size_t>(executed)];
}

std::string sentence(Errc code, std::string_view about) {
  const std::string_view meaning = info(code).meaning;
  if (about.empty()) {
    return std::string(meaning);
  }
  // What a service says is its own to phrase.
  const bool is_name =
      about.find(' ') == std::string_view::npos && info(code).kind != Kind::kApplication;
  return is_name ? fmt::format("{}: {}", about, meaning) : std::string(about);
}

std::string sentence(const Error& error) {
  return sentence(error.code, error.about);
}

std::string describe(const Error& error) {
  return fmt::format("{} [{} {}]", sentence(error), code_text(error.code), info(error.code).name);
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << describe(error);
}

}  // namespace runard::core
