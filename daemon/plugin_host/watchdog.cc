#include "plugin_host/watchdog.h"

#include <algorithm>

#include "plugin_host/action.h"
#include "plugin_host/runtime.h"

namespace runard::plugin_host {

Watchdog::Watchdog(Runtime& runtime, const WatchdogLimits& limits)
    : runtime_(runtime), limits_(limits) {}

void Watchdog::start() {
  thread_ = std::thread([this] { work(); });
}

void Watchdog::stop() {
  runtime_.rest.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Watchdog::work() {
  bool light = false;
  Seen seen = Seen::kMoved;
  do {
    light = seen == Seen::kNothing;
    if (light) {
      runtime_.rest.begin_light();
    }
    const core::TimePoint now = runtime_.clock.now();
    seen = look(now);
    if (now >= next_reap_) {
      runtime_.requests.reap(now);
      next_reap_ = now + kReapInterval;
    }
  } while (runtime_.rest.wait(until_next(seen, light)));
}

// Only after a look that could not miss what begins to run may it sleep for long.
core::Duration Watchdog::until_next(Seen seen, bool light) {
  if (seen == Seen::kRunning) {
    return limits_.tick;
  }
  if (seen == Seen::kMoved || !light) {
    return limits_.idle_tick;
  }
  return runtime_.requests.open_count() > 0 ? kReapInterval : kLongest;
}

Watchdog::Seen Watchdog::look(core::TimePoint now) {
  Seen seen = Seen::kNothing;
  stalled_ = 0;
  marked_.swap(marked_before_);
  marked_.clear();
  std::map<ThreadContext*, Sight> known;
  known.swap(sights_);
  runtime_.threads.for_each([&](ThreadContext& thread) {
    if (const auto sight = known.find(&thread); sight != known.end()) {
      sights_.insert(*sight);
    }
    seen = std::max(seen, look_at(thread, now));
  });
  unmark_returned();
  provide_workers();
  return seen;
}

Watchdog::Seen Watchdog::look_at(ThreadContext& thread, core::TimePoint now) {
  Sight& sight = sights_[&thread];
  const std::uint64_t sequence = thread.sequence();
  const bool runs = thread.depth() > 0;
  if (sequence != sight.sequence || sight.since == core::TimePoint{}) {
    sight = {sequence, now, false};
    return runs ? Seen::kRunning : Seen::kMoved;
  }
  if (!runs) {
    return Seen::kNothing;
  }
  const core::Duration still = now - sight.since;
  const bool may_wait = thread.role() == ThreadRole::kBlocking;
  if (thread.role() == ThreadRole::kWorker && still >= limits_.tick) {
    ++stalled_;
  }
  if (may_wait || still < std::min(limits_.stuck, limits_.warn)) {
    return Seen::kRunning;
  }
  ThreadContext::Frames room;
  const auto frames = thread.frames_at(sequence, room);
  if (frames.empty()) {
    return Seen::kMoved;  // it returned just now
  }
  if (still >= limits_.stuck) {
    mark_stack(frames);
  }
  if (still >= limits_.warn && !sight.warned) {
    sight.warned = true;
    report(frames.back(), still);
  }
  return Seen::kRunning;
}

// The thread list is locked: no instance is destroyed meanwhile.
void Watchdog::report(const Frame& innermost, core::Duration still) {
  if (innermost.context == nullptr) {
    return;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(still).count();
  innermost.context->label().log.warn(
      "plugin code does not return",
      {core::field("in", innermost.what),
       core::field("action", innermost.action == nullptr ? "" : innermost.action->row.pattern),
       core::field("request", std::to_string(innermost.request)), core::field("ms", ms)});
}

// All on the stack wait for the innermost, so none of them can take a request.
void Watchdog::mark_stack(std::span<const Frame> frames) {
  for (const Frame& frame : frames) {
    Context* const context = frame.context;
    if (context == nullptr || !marked_.insert(context).second) {
      continue;
    }
    if (context->change_gate({}, core::Errc::kServiceStuck)) {
      context->label().log.error("service is stuck: it takes no requests until it returns");
    }
  }
}

void Watchdog::unmark_returned() {
  for (Context* const context : marked_before_) {
    if (!marked_.contains(context) && context->change_gate(core::Errc::kServiceStuck, {})) {
      context->label().log.info("service is no longer stuck");
    }
  }
}

// Keeps as many moving workers as were asked for, as long as there is something for them to do.
void Watchdog::provide_workers() {
  Workers& workers = runtime_.workers;
  workers.set_stalled(stalled_);
  if (stalled_ > 0 && workers.has_work() && workers.alive() < workers.size() + stalled_) {
    workers.add_spare();
  }
}

}  // namespace runard::plugin_host
