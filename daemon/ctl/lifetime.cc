#include "ctl/lifetime.h"

#include <fmt/format.h>

#include <charconv>

#include "identity/issue.h"

namespace runard::ctl {
namespace {

std::chrono::seconds unit_of(std::string_view text) {
  using namespace std::chrono_literals;
  constexpr std::pair<std::string_view, std::chrono::seconds> kUnits[] = {
      {"s", 1s}, {"m", 60s}, {"h", 1h}, {"d", 24h}, {"w", 168h}, {"y", 24h * 365}};
  for (const auto& [name, length] : kUnits) {
    if (text == name) {
      return length;
    }
  }
  return std::chrono::seconds(0);
}

}  // namespace

core::Result<core::Duration> parse_lifetime(std::string_view text) {
  std::uint32_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  const std::chrono::seconds unit = unit_of({rest, static_cast<std::size_t>(end - rest)});
  const std::chrono::seconds longest = identity::kMaxLifetime;
  if (error != std::errc() || unit.count() == 0 || count == 0 || count > longest / unit) {
    return core::fail(core::Errc::kUsage,
                      fmt::format("\"{}\" is no lifetime: write a number and s, m, h, d, w or y, "
                                  "at most 30y",
                                  text));
  }
  return core::Duration(unit * count);
}

}  // namespace runard::ctl
