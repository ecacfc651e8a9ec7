// Watchdog: finds plugin code that does not return.
//
// It looks at each thread's stack of frames, every tick while anything runs, and sleeps while
// nothing does. Code on a worker or I/O thread that has not moved for `warn` is named in the log
// once, the innermost frame being to blame; after `stuck` every instance on that stack refuses new
// requests (kServiceStuck) until it returns, and a spare worker takes the thread's place. BLOCKING
// handlers may wait. When work is waiting and no worker moves, a spare comes at once. It also lets
// requests end that nobody answers. Threading: its own thread.
#pragma once

#include <map>
#include <set>
#include <span>
#include <thread>

#include "core/clock.h"
#include "plugin_host/thread_context.h"

namespace runard::plugin_host {

struct Runtime;

struct WatchdogLimits {
  core::Duration warn = std::chrono::milliseconds(100);
  core::Duration stuck = std::chrono::seconds(5);
  core::Duration tick = std::chrono::milliseconds(10);
  core::Duration idle_tick = std::chrono::milliseconds(50);  // while code ran since the last
};

class Watchdog {
 public:
  Watchdog(Runtime& runtime, const WatchdogLimits& limits);
  ~Watchdog() { stop(); }

  void start();
  void stop();

 private:
  // What one thread was inside of when it was last seen to move.
  struct Sight {
    std::uint64_t sequence = 0;
    core::TimePoint since{};
    bool warned = false;
  };
  static constexpr core::Duration kReapInterval = std::chrono::milliseconds(500);

  // A thread may enter plugin code so late that neither it nor a look sees the other: then the
  // next look does.
  static constexpr core::Duration kLongest = std::chrono::seconds(5);
  enum class Seen : std::uint8_t { kNothing, kMoved, kRunning };

  void work();
  core::Duration until_next(Seen seen, bool light);
  Seen look(core::TimePoint now);
  Seen look_at(ThreadContext& thread, core::TimePoint now);
  void report(const Frame& innermost, core::Duration still);
  void mark_stack(std::span<const Frame> frames);
  void unmark_returned();
  void provide_workers();

  Runtime& runtime_;
  const WatchdogLimits limits_;
  std::map<ThreadContext*, Sight> sights_;
  std::set<Context*> marked_;  // instances on a stuck stack
  std::set<Context*> marked_before_;
  std::uint32_t stalled_ = 0;  // workers that have not moved for a tick
  core::TimePoint next_reap_{};
  std::thread thread_;
};

}  // namespace runard::plugin_host
