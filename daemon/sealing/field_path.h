// FieldPath: where in a value a walk stands: "address.street", "items[3].price".
//
// Keys are written with '.', '[', '%' and '$' as %2E, %5B, %25 and %24, the empty one as %, so no
// two places have the same path. A walk appends and goes back; the text keeps its memory.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "sealing/limits.h"

namespace runard::sealing {

class FieldPath {
 public:
  // What was there before; for back().
  std::size_t key(std::string_view key) {
    const std::size_t before = text_.size();
    if (before > 0) {
      text_ += '.';
    }
    text_ += key.empty() ? "%" : "";
    for (const char c : key) {
      switch (c) {
        case '.':
          text_ += "%2E";
          break;
        case '[':
          text_ += "%5B";
          break;
        case '%':
          text_ += "%25";
          break;
        case '$':
          text_ += "%24";
          break;
        default:
          text_ += c;
      }
    }
    return before;
  }
  std::size_t index(std::size_t index) {
    const std::size_t before = text_.size();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
    text_ += '[';
    text_.append(digits, end);
    text_ += ']';
    return before;
  }
  void back(std::size_t before) { text_.resize(before); }
  std::string_view text() const { return text_.empty() ? std::string_view(kWholePath) : text_; }

 private:
  std::string text_;
};

}  // namespace runard::sealing
