// UTF-8 (RFC 3629): well-formed characters in text that may hold anything. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace runard::core {

// The size of the well-formed character that a non-empty text begins with, or 0.
std::size_t utf8_size(std::string_view text);

// The longest beginning of at most `most` bytes that ends between two characters.
std::string_view cut_utf8(std::string_view text, std::size_t most);

}  // namespace runard::core
