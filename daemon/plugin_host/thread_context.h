// ThreadContext: what a thread is to the plugin host, and which plugin code it is inside of.
//
// The frames are the stack of direct calls: the outermost handler, the callees that run inside its
// host calls, and so on. Written by its own thread only; the watchdog reads it, so all is atomic.
#pragma once

#include <runar/plugin.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace runard::plugin_host {

struct Action;
class Context;
struct DirectCall;

enum class ThreadRole : std::uint8_t {
  kForeign,   // made by a plugin, or any other: runs no handlers
  kWorker,    // runs strands and PARALLEL handlers
  kBlocking,  // runs BLOCKING handlers
  kIo,        // runs PROMPT handlers only
};
inline constexpr std::size_t kThreadRoles = 4;

// How many calls may run inside one another on one thread (DESIGN section 3).
inline constexpr std::uint32_t kMaxDirectDepth = 8;

// One piece of plugin code that a thread is inside of.
struct Frame {
  Context* context = nullptr;
  const Action* action = nullptr;  // of a request handler
  const char* what = "";           // "handler", "reply", "timer", "event", "start" ...
  runar_id request = 0;
};

class ThreadContext {
 public:
  ThreadRole role() const { return role_.load(std::memory_order_relaxed); }
  void set_role(ThreadRole role) { role_.store(role, std::memory_order_relaxed); }
  std::uint32_t depth() const { return depth_.load(std::memory_order_acquire); }
  // Counts pushes and pops: two equal readings mean that the thread was inside of the same code all
  // the time.
  std::uint64_t sequence() const { return sequence_.load(std::memory_order_acquire); }
  // Of its own thread: the code it is inside of. An empty one when it is inside of none.
  Frame top() const;
  // The stack as it was at that reading of sequence(), the outermost frame first; none when the
  // thread has moved since. For other threads; in `room`.
  using Frames = std::array<Frame, kMaxDirectDepth + 2>;
  std::span<const Frame> frames_at(std::uint64_t sequence, Frames& room) const;
  // Whether one more frame may be put on top of what runs now.
  bool has_room() const { return depth_.load(std::memory_order_relaxed) <= kMaxDirectDepth; }
  // The instance whose code is running, or null.
  Context* innermost() const;
  // The request that code serves; 0: none.
  runar_id running() const;

  void push(const Frame& frame);
  void pop();

  DirectCall* direct_calls = nullptr;  // pending ones of this thread, the innermost first

 private:
  Frame frame(std::uint32_t level) const;
  struct Cell {
    std::atomic<Context*> context{nullptr};
    std::atomic<const Action*> action{nullptr};
    std::atomic<const char*> what{nullptr};
    std::atomic<runar_id> request{0};
  };
  std::atomic<ThreadRole> role_{ThreadRole::kForeign};
  std::atomic<std::uint32_t> depth_{0};
  std::atomic<std::uint64_t> sequence_{0};
  std::array<Cell, kMaxDirectDepth + 2> cells_;
};

inline ThreadContext& this_thread() {
  thread_local constinit ThreadContext context;
  return context;
}

class FrameScope {
 public:
  explicit FrameScope(const Frame& frame) : thread_(this_thread()) { thread_.push(frame); }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;
  ~FrameScope() { thread_.pop(); }

 private:
  ThreadContext& thread_;
};

}  // namespace runard::plugin_host
