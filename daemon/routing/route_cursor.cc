#include "routing/route_cursor.h"

#include <bit>

namespace runard::routing {

bool RouteCursor::next() {
  if (stage_ == Stage::kExact) {
    stage_ = Stage::kEnter;
    // What equals a stored path is canonical: nothing to check.
    leaf_ = index_.find_exact(topic_.network, topic_.path);
    if (leaf_ != 0) {
      return true;
    }
  }
  if (stage_ == Stage::kEnter) {
    stage_ = Stage::kWalk;
    if (!enter()) {
      return false;
    }
  }
  while (stacked_ > 0) {
    const Frame frame = stack_[--stacked_];
    if (frame.is_leaf) {
      leaf_ = frame.id;
      captured_ = frame.captured;
      return true;
    }
    if (visit(frame)) {
      return true;
    }
  }
  return false;
}

bool RouteCursor::enter() {
  if (index_.nodes_.size() == 0) {
    return false;
  }
  const auto node = index_.child(RouteIndex::kRoot, SegmentKind::kLiteral, topic_.network);
  if (node == 0 || !split(topic_.path, split_)) {
    return false;
  }
  push(node, 0, 0);
  return true;
}

bool RouteCursor::visit(const Frame& frame) {
  ++steps_;
  const RouteIndex::Node& node = index_.nodes_[frame.id];
  const std::size_t depth = frame.depth;
  if (depth == split_.count) {
    leaf_ = node.here;
    captured_ = frame.captured;
    return leaf_ != 0;
  }
  if (node.rest != 0) {
    push(node.rest, frame.captured, depth, true);
  }
  if (node.one != 0) {
    push(node.one, frame.captured, depth + 1);
  }
  if (node.param != 0) {
    push(node.param, frame.captured | (1U << depth), depth + 1);
  }
  if (node.literals != 0) {
    const auto child =
        index_.literal_child(frame.id, split_.segment(topic_.path, depth), hash_of(depth));
    if (child != 0) {
      push(child, frame.captured, depth + 1);
    }
  }
  return false;
}

std::uint64_t RouteCursor::hash_of(std::size_t segment) {
  const std::uint32_t bit = 1U << segment;
  if ((hashed_ & bit) == 0) {
    hashed_ |= bit;
    hashes_[segment] = index_.hash_(split_.segment(topic_.path, segment));
  }
  return hashes_[segment];
}

void RouteCursor::captures(Captures& out) const {
  out.clear();
  for (std::uint32_t left = captured_; left != 0; left &= left - 1) {
    out.add(split_.segment(topic_.path, static_cast<std::size_t>(std::countr_zero(left))));
  }
}

}  // namespace runard::routing
