// Checks of the file's text before yaml-cpp sees it: what would make the parser slow, hungry or
// its message useless is named here.
//
// It looks for: too large a file, bytes that are not UTF-8, control characters, tabs as
// indentation, brackets nested deeper than kMaxDepth. Pure; linear in the size of the text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/problem.h"

namespace runard::config {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxDepth = 64;

struct Fault {
  Mark mark;
  Complaint complaint;
};

struct TextVerdict {
  std::optional<Fault> fault;      // the first thing wrong, if any
  std::optional<Mark> open_quote;  // a quote that seems never to be closed
};

// The text has no byte order mark.
TextVerdict check_text(std::string_view text);

// A byte offset as line and column, the column in bytes.
Mark mark_at(std::string_view text, std::size_t offset);
// The line of that number, without its end; empty past the end.
std::string_view line_of(std::string_view text, int line);
// The same place with its column, which counts bytes, counted in characters.
Mark column_in_characters(std::string_view text, Mark mark);

}  // namespace runard::config
