// RouteCursor: walks over all leaves of a RouteIndex that match one path, the most specific first:
// per segment from the left literal, {name}, '*', '>'.
//
// No allocation, no recursion; borrows index and path. A path that is not canonical (grammar.h)
// matches nothing, so a text may be looked up before anybody has parsed it. For the bound on its
// work see RouteIndex.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "routing/captures.h"
#include "routing/grammar.h"
#include "routing/route_index.h"

namespace runard::routing {

class RouteCursor {
 public:
  // NOLINTNEXTLINE(*-member-init): the arrays are filled as the walk comes to them
  RouteCursor(const RouteIndex& index, TopicView topic) : index_(index), topic_(topic) {}

  // Moves to the next match; false when there is none any more.
  bool next();
  LeafId leaf() const { return leaf_; }
  void captures(Captures& out) const;
  // Trie nodes visited so far.
  std::uint32_t steps() const { return steps_; }

 private:
  enum class Stage : std::uint8_t { kExact, kEnter, kWalk };
  struct Frame {
    std::uint32_t id;        // of a node, or of a leaf that matches
    std::uint32_t captured;  // bit i: segment i stands for a {name}
    std::uint16_t depth;     // how many segments are matched
    bool is_leaf;
  };

  bool enter();
  bool visit(const Frame& frame);
  void push(std::uint32_t id, std::uint32_t captured, std::size_t depth, bool is_leaf = false) {
    stack_[stacked_++] = {id, captured, static_cast<std::uint16_t>(depth), is_leaf};
  }
  std::uint64_t hash_of(std::size_t segment);

  const RouteIndex& index_;
  const TopicView topic_;
  Stage stage_ = Stage::kExact;
  LeafId leaf_ = 0;
  std::uint32_t captured_ = 0;
  std::uint32_t steps_ = 0;
  std::uint32_t hashed_ = 0;  // bit i: hashes_[i] is known
  std::size_t stacked_ = 0;
  SplitPath split_;
  std::array<std::uint64_t, kMaxSegments> hashes_;
  // Each depth leaves at most its '>', '*' and {name} behind; the literal is taken at once.
  std::array<Frame, 3 * kMaxSegments + 1> stack_;
};

}  // namespace runard::routing
