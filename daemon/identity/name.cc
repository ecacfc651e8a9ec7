#include "identity/name.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::identity {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && is_letter_or_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

core::Result<void> check_name(std::string_view name, std::string_view whose) {
  if (valid_name(name)) {
    return {};
  }
  return core::fail(
      core::Errc::kInvalidArgument,
      fmt::format("\"{}\" is not a name for a {}: write 1 to {} of A-Z a-z 0-9 . _ -, "
                  "beginning with a letter or digit",
                  name, whose, kMaxName));
}

}  // namespace runard::identity
