// Segments: the pieces of a canonical path or pattern ("a/b/c"), looked at without allocation.
//
// Lifetime: borrows the text. The text has no empty segment (an empty text has none at all).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace runard::routing {

// DESIGN section 4. The bytes are those of the path, without its network.
inline constexpr std::size_t kMaxSegments = 32;
inline constexpr std::size_t kMaxPathBytes = 1024;
inline constexpr std::size_t kMaxNameBytes = 64;  // of a network, and of a {name}

class Segments {
 public:
  class Iterator {
   public:
    // NOLINTBEGIN(readability-identifier-naming): the standard's names
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = std::string_view;
    // NOLINTEND(readability-identifier-naming)

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { measure(); }
    std::string_view operator*() const { return rest_.substr(0, size_); }
    Iterator& operator++() {
      rest_ = size_ == rest_.size() ? std::string_view{} : rest_.substr(size_ + 1);
      measure();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    void measure() { size_ = std::min(rest_.find('/'), rest_.size()); }
    std::string_view rest_;  // from this segment to the end; empty: past the end
    std::size_t size_ = 0;
  };

  explicit Segments(std::string_view text) : text_(text) {}
  Iterator begin() const { return Iterator(text_); }
  Iterator end() const { return Iterator(); }
  std::size_t size() const {
    return text_.empty()
               ? 0
               : static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '/')) + 1;
  }

 private:
  std::string_view text_;
};

}  // namespace runard::routing
