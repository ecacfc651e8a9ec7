#include "ctl/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace runard::ctl {
namespace {

constexpr std::size_t kMaxSuggestions = 3;
constexpr std::size_t kMaxWord = 64;  // longer ones are no slips of a command's name

}  // namespace

// Damerau-Levenshtein, optimal string alignment.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > kMaxWord || b.size() > kMaxWord) {
    return a == b ? 0 : limit + 1;
  }
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return std::min(d[a.size()][b.size()], limit + 1);
}

std::vector<std::string> suggest(std::string_view typed, const std::vector<std::string>& names) {
  const std::size_t allowed =
      std::min(kMaxEdits, typed.empty() ? std::size_t{0} : typed.size() - 1);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : names) {
    const std::size_t edits = edit_distance(typed, name);
    if (edits > 0 && edits <= allowed) {  // what was typed itself is no suggestion
      near.emplace_back(edits, name);
    }
  }
  std::ranges::sort(near);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < near.size() && i < kMaxSuggestions; ++i) {
    found.push_back(std::move(near[i].second));
  }
  return found;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  return names.empty() ? std::string() : fmt::format("did you mean {}?", fmt::join(names, " or "));
}

}  // namespace runard::ctl
