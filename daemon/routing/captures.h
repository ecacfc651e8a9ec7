// Captures: what the {names} of a matched pattern stand for, in the order of the pattern.
//
// The values are the segments as they stand in the path, borrowed from it: percent_decode_segment
// them where one holds a '%'. Their names are TopicPattern::param_name(i). Fixed size; what lies
// past size() is not initialised, so that making one costs nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "routing/segments.h"

namespace runard::routing {

class Captures {  // NOLINT(*-member-init)
 public:
  std::size_t size() const { return size_; }
  std::string_view operator[](std::size_t i) const { return {pieces_[i].data, pieces_[i].size}; }

  void clear() { size_ = 0; }
  void add(std::string_view value) { pieces_[size_++] = {value.data(), value.size()}; }

 private:
  struct Piece {
    const char* data;
    std::size_t size;
  };
  std::size_t size_ = 0;
  std::array<Piece, kMaxSegments> pieces_;
};

}  // namespace runard::routing
