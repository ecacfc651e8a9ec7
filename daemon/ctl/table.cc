#include "ctl/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "ctl/printable.h"

namespace runard::ctl {
namespace {

// Columns a UTF-8 text takes, near enough: one a character.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

// A cell may hold anything a peer sent: what could move the cursor is shown as '?'.
void Table::row(const std::vector<std::string>& cells) {
  std::ranges::transform(cells, std::back_inserter(rows_.emplace_back()), printable);
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths(rows_[0].size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      line += row[i];
      line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string duration_text(long long ns) {
  constexpr long long kSecond = 1'000'000'000;
  if (ns < 1'000) {
    return fmt::format("{} ns", ns);
  }
  if (ns < 1'000'000) {
    return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
  }
  if (ns < kSecond) {
    return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
  }
  const long long s = ns / kSecond;
  if (s < 60) {
    return fmt::format("{:.1f} s", static_cast<double>(ns) / 1e9);
  }
  if (s < 3600) {
    return fmt::format("{}m {}s", s / 60, s % 60);
  }
  if (s < 86400) {
    return fmt::format("{}h {}m", s / 3600, s / 60 % 60);
  }
  return fmt::format("{}d {}h", s / 86400, s / 3600 % 24);
}

}  // namespace runard::ctl
