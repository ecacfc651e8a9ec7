// Percent-escapes: how a value that holds '/', a wildcard or a control character stands in one
// segment. In a path as users see it "billing/eu" below $registry/services is "billing%2Feu".
//
// A segment has exactly one spelling: these and only these are escaped, with upper-case digits:
// '/' ':' '*' '>' '{' '}' '%' and the control characters (U+0000-1F, U+007F-9F). So two paths are
// equal when, and only when, what they decode to is equal.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace runard::routing {

// Never fails; bytes that are not UTF-8 are escaped too, and percent_decode_segment refuses them.
std::string percent_encode_segment(std::string_view value);

// Undoes it, and takes other spellings too ("%2f", "%41"). kBadTopic for a '%' without two hex
// digits, and for a value that is empty or not UTF-8.
core::Result<std::string> percent_decode_segment(std::string_view segment);

// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// ':' '*' '>' '{' '}': never a plain character of a segment. '/' and '%' have meanings of their
// own.
bool is_reserved(char c);
// The size of the control character at `at`: 1, or 2 for U+0080-9F; 0 if there is none.
std::size_t control_size(std::string_view text, std::size_t at);

}  // namespace runard::routing
