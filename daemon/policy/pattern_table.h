// PatternTable: which of the numbered patterns match a path, for all of them at once.
//
// A set of patterns is a row of bits. There is one set for each literal at each position (those
// that have it there or need none there) and one for each length; those that match a path are what
// the sets of its segments and of its length have in common. So a path costs a look-up a segment
// and an AND of a word per 64 patterns, whatever the patterns are: no pattern is tried by itself.
//
// Immutable; any thread; keep_matching() takes no lock and no memory. Borrows the patterns' texts.
// At most kMaxSegments sets a pattern, of one bit a pattern each.
// Source: Lakshman, Stiliadis: "High-speed policy-based packet forwarding", SIGCOMM 1998.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "routing/topic_pattern.h"

namespace runard::policy {

// Bit n % 64 of word n / 64 stands for the pattern, or rule, of number n.
using Word = std::uint64_t;
inline constexpr std::size_t kWordBits = 64;

class PatternTable {
 public:
  // Numbered as they stand there; null matches every path, the empty one too.
  explicit PatternTable(std::span<const routing::TopicPattern* const> patterns = {});

  // Words of a set.
  std::size_t width() const { return width_; }
  // Takes out of the set what does not match. Networks are not looked at; a path is what its
  // segments are, as in TopicPattern::matches_path().
  void keep_matching(std::string_view path, std::span<Word> set) const;

 private:
  using SetId = std::uint32_t;  // the set begins at words_[id * width_]
  struct Position {
    SetId others;  // for a segment that is no pattern's literal here
    std::unordered_map<std::string_view, SetId> literals;
  };

  SetId add_set();
  void add(SetId set, std::size_t number);
  void add_lengths(std::span<const routing::TopicPattern* const> patterns);
  void add_position(std::span<const routing::TopicPattern* const> patterns, std::size_t position);
  bool intersect(std::span<Word> set, SetId with) const;

  std::size_t width_;
  std::vector<Word> words_;
  std::vector<SetId> lengths_;  // by number of segments; the last for all that are longer
  std::vector<Position> positions_;
};

}  // namespace runard::policy
