#include "plugin_host/thread_context.h"

#include "core/check.h"

namespace runard::plugin_host {

Frame ThreadContext::frame(std::uint32_t level) const {
  const Cell& cell = cells_[level];
  // Acquired, so that a look at sequence_ that follows comes later.
  return {cell.context.load(std::memory_order_acquire), cell.action.load(std::memory_order_acquire),
          cell.what.load(std::memory_order_acquire), cell.request.load(std::memory_order_acquire)};
}

Frame ThreadContext::top() const {
  const std::uint32_t depth = depth_.load(std::memory_order_relaxed);
  return depth == 0 ? Frame{} : frame(depth - 1);
}

std::span<const Frame> ThreadContext::frames_at(std::uint64_t sequence, Frames& room) const {
  const std::uint32_t depth = this->depth();
  for (std::uint32_t level = 0; level < depth; ++level) {
    room[level] = frame(level);
  }
  const bool moved = sequence_.load(std::memory_order_relaxed) != sequence;
  return std::span<const Frame>(room).first(moved ? 0 : depth);
}

Context* ThreadContext::innermost() const {
  const std::uint32_t depth = depth_.load(std::memory_order_relaxed);
  return depth == 0 ? nullptr : cells_[depth - 1].context.load(std::memory_order_relaxed);
}

runar_id ThreadContext::running() const {
  const std::uint32_t depth = depth_.load(std::memory_order_relaxed);
  return depth == 0 ? 0 : cells_[depth - 1].request.load(std::memory_order_relaxed);
}

void ThreadContext::push(const Frame& frame) {
  const std::uint32_t depth = depth_.load(std::memory_order_relaxed);
  RUNARD_CHECK(depth < cells_.size());
  sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  Cell& cell = cells_[depth];
  cell.context.store(frame.context, std::memory_order_relaxed);
  cell.action.store(frame.action, std::memory_order_relaxed);
  cell.what.store(frame.what, std::memory_order_relaxed);
  cell.request.store(frame.request, std::memory_order_relaxed);
  depth_.store(depth + 1, std::memory_order_release);
}

void ThreadContext::pop() {
  sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  depth_.store(depth_.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

}  // namespace runard::plugin_host
