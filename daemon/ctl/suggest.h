// Did-you-mean: the names at most two edits away from what was typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace runard::ctl {

inline constexpr std::size_t kMaxEdits = 2;

// Insertions, deletions, replacements and swaps of neighbours, up to `limit`; limit + 1 means more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = kMaxEdits);

// The nearest of `names` within kMaxEdits, nearest first, at most three, never what was typed
// itself. A short word needs to be
// nearer: never as many edits as it has letters.
std::vector<std::string> suggest(std::string_view typed, const std::vector<std::string>& names);

// "did you mean ls or csr?"; empty for no names.
std::string did_you_mean(const std::vector<std::string>& names);

}  // namespace runard::ctl
