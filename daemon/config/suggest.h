// Did you mean: the nearest of some words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace runard::config {

// The word nearest to `text`, at most 2 edits (insert, delete, change, swap of neighbours) away; 1
// for words of up to three letters. The first of equals.
std::optional<std::string> nearest(std::string_view text, std::span<const std::string> words);

// "a, b or c"
std::string any_of(std::span<const std::string> words);

}  // namespace runard::config
