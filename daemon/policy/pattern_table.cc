#include "policy/pattern_table.h"

#include <algorithm>

namespace runard::policy {
namespace {

using routing::SegmentKind;
using routing::TopicPattern;
using Patterns = std::span<const TopicPattern* const>;

std::size_t longest(Patterns patterns) {
  std::size_t segments = 0;
  for (const TopicPattern* pattern : patterns) {
    segments = std::max(segments, pattern == nullptr ? 0 : pattern->segments().size());
  }
  return segments;
}

// Whether a path of so many segments is neither too short nor too long.
bool admits(const TopicPattern* pattern, std::size_t length) {
  if (pattern == nullptr) {
    return true;
  }
  const std::size_t segments = pattern->segments().size();
  return pattern->pattern().back() == '>' ? length >= segments : length == segments;
}

// Empty where any segment will do.
std::string_view literal_at(const TopicPattern* pattern, std::size_t position) {
  if (pattern == nullptr || position >= pattern->segments().size()) {
    return {};
  }
  const auto segment =
      std::next(pattern->segments().begin(), static_cast<std::ptrdiff_t>(position));
  return routing::kind_of(*segment) == SegmentKind::kLiteral ? *segment : std::string_view();
}

}  // namespace

PatternTable::PatternTable(Patterns patterns)
    : width_((patterns.size() + kWordBits - 1) / kWordBits) {
  const std::size_t segments = longest(patterns);
  for (std::size_t length = 0; length <= segments + 1; ++length) {
    lengths_.push_back(add_set());
    for (std::size_t n = 0; n < patterns.size(); ++n) {
      if (admits(patterns[n], length)) {
        add(lengths_.back(), n);
      }
    }
  }
  for (std::size_t position = 0; position < segments; ++position) {
    add_position(patterns, position);
  }
}

void PatternTable::add_position(Patterns patterns, std::size_t position) {
  Position made{add_set(), {}};
  for (std::size_t n = 0; n < patterns.size(); ++n) {
    if (literal_at(patterns[n], position).empty()) {
      add(made.others, n);
    }
  }
  for (std::size_t n = 0; n < patterns.size(); ++n) {
    const std::string_view literal = literal_at(patterns[n], position);
    if (literal.empty()) {
      continue;
    }
    const auto [known, is_new] = made.literals.try_emplace(literal, SetId{});
    if (is_new) {
      known->second = add_set();
      std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(made.others * width_), width_,
                  words_.end() - static_cast<std::ptrdiff_t>(width_));
    }
    add(known->second, n);
  }
  positions_.push_back(std::move(made));
}

PatternTable::SetId PatternTable::add_set() {
  words_.resize(words_.size() + width_);
  return static_cast<SetId>(width_ == 0 ? 0 : words_.size() / width_ - 1);
}

void PatternTable::add(SetId set, std::size_t number) {
  words_[set * width_ + number / kWordBits] |= Word{1} << (number % kWordBits);
}

bool PatternTable::intersect(std::span<Word> set, SetId with) const {
  const Word* const words = words_.data() + with * width_;
  Word left = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    left |= set[i] &= words[i];
  }
  return left != 0;
}

void PatternTable::keep_matching(std::string_view path, std::span<Word> set) const {
  std::size_t length = 0;
  for (const std::string_view segment : routing::Segments(path)) {
    if (length < positions_.size()) {
      const Position& position = positions_[length];
      const auto literal = position.literals.find(segment);
      if (!intersect(set, literal == position.literals.end() ? position.others : literal->second)) {
        return;
      }
    }
    ++length;
  }
  intersect(set, lengths_[std::min(length, lengths_.size() - 1)]);
}

}  // namespace runard::policy
