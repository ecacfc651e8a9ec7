// The grammar of topics, shared by paths and patterns.
//
//   topic   = [network ":"] segment *("/" segment)      doubled and outer slashes are dropped
//   network = 1-64 of A-Z a-z 0-9 _ . -
//   segment = literal | "*" | ">" (last) | "{" name "}"   the last three in patterns only
//   literal = UTF-8 without control characters and ":*>{}"; '%' begins an escape (escape.h)
//   name    = like network, each once in a pattern
//
// Limits: kMaxSegments, kMaxPathBytes (of the path as it was written), kMaxNameBytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "routing/segments.h"

namespace runard::routing {

enum class Grammar : std::uint8_t { kPath, kPattern };

// "network:a/b", its one canonical spelling.
struct CanonicalText {
  std::string text;
  std::size_t network_size = 0;
};

// Errors: kBadTopic or kBadPattern; the text of the error is safe to log.
core::Result<CanonicalText> canonicalise(std::string_view text, std::string_view default_network,
                                         Grammar grammar);

// What a network and a {name} may be called.
bool is_name(std::string_view text);

// Any text, made fit for an error: quoted, shortened, without control characters.
std::string quoted(std::string_view text);

// Where the segments of a canonical concrete path lie. Not filled in before split().
struct SplitPath {
  std::size_t count;
  std::array<std::uint16_t, kMaxSegments + 1> begin;  // begin[count] is one past the end, plus 1

  std::string_view segment(std::string_view path, std::size_t i) const {
    return path.substr(begin[i], static_cast<std::size_t>(begin[i + 1] - begin[i] - 1));
  }
};

// False when `path` is not a canonical concrete path. No allocation; `out` is then unspecified.
bool split(std::string_view path, SplitPath& out);

}  // namespace runard::routing
