// Timers and posted work: functions that the service's strand runs later.
//
// They belong to the service: none runs after stop, and what still waits then is dropped. A
// function may be a coroutine; a period then counts from start to start, but runs never overlap.
#pragma once

#include <atomic>
#include <utility>

#include <runar/detail/event_handler.hpp>
#include <runar/options.hpp>

namespace runar {

namespace detail {

// What the host's task callback refers to. One reference for the pending task, one for each Timer.
class Scheduled {
 public:
  Scheduled(runar_ctx* ctx, Duration period) : ctx_(ctx), period_(period) {}
  virtual ~Scheduled() = default;
  Scheduled(const Scheduled&) = delete;
  Scheduled& operator=(const Scheduled&) = delete;

  // Takes over one reference, whatever happens. Throws Error when the host refuses.
  void schedule(Duration delay) {
    due_ = host->now_ns() + delay.count();
    runar_id id = 0;
    retain();  // another thread may run and end the task before post returns
    const runar_status status = host->post(ctx_, delay.count(), &Scheduled::fired, this, &id);
    if (status >= 0) {
      task_.store(id, std::memory_order_release);
    } else {
      release();
    }
    release();
    check(status, "a timer");
  }
  void cancel() {
    cancelled_.store(true, std::memory_order_release);
    host->cancel(ctx_, task_.load(std::memory_order_acquire));
  }
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete this;
    }
  }

 protected:
  // Runs the function and calls ended() after it.
  virtual void run() = 0;
  // Also inside a catch block of a function that failed.
  void ended() noexcept {
    if (period_.count() <= 0 || cancelled_.load(std::memory_order_acquire)) {
      release();
      return;
    }
    try {
      const std::int64_t next = due_ + period_.count() - host->now_ns();
      schedule(Duration(std::max<std::int64_t>(next, 0)));
    } catch (...) {  // NOLINT(bugprone-empty-catch): stopping; schedule() has let go
    }
  }
  runar_ctx* context() const { return ctx_; }

 private:
  static void fired(void* user, runar_ctx*, runar_status why) noexcept {
    auto& self = *static_cast<Scheduled*>(user);
    if (why != RUNAR_OK || self.cancelled_.load(std::memory_order_acquire)) {
      self.release();
      return;
    }
    self.run();
  }

  runar_ctx* ctx_;
  const Duration period_;
  std::int64_t due_ = 0;
  std::atomic<runar_id> task_ = 0;
  std::atomic<bool> cancelled_ = false;
  std::atomic<std::uint32_t> references_ = 1;
};

template <class F>
class ScheduledCall final : public Scheduled {
 public:
  ScheduledCall(runar_ctx* ctx, Duration period, F function)
      : Scheduled(ctx, period), function_(std::move(function)) {}

 private:
  void run() override {
    try {
      if constexpr (kIsTask<std::invoke_result_t<F&>>) {
        function_().start({context(), 0, this}, &ScheduledCall::finish);
        return;
      } else {
        function_();
      }
    } catch (...) {
      log_exception(context(), "a timer's function failed", {});
    }
    ended();
  }
  static void finish(Promise<void>& promise) noexcept {
    auto& self = *static_cast<ScheduledCall*>(promise.root.owner);
    if (promise.error) {
      try {
        std::rethrow_exception(promise.error);
      } catch (...) {
        log_exception(self.context(), "a timer's function failed", {});
      }
    }
    destroy_frame(promise);
    self.ended();
  }

  F function_;
};

}  // namespace detail

// A handle to cancel with. Letting go of it changes nothing.
class Timer {
 public:
  Timer() = default;
  explicit Timer(detail::Scheduled& scheduled) : scheduled_(&scheduled) { scheduled.retain(); }
  Timer(Timer&& other) noexcept : scheduled_(std::exchange(other.scheduled_, nullptr)) {}
  Timer& operator=(Timer&& other) noexcept {
    std::swap(scheduled_, other.scheduled_);
    return *this;
  }
  ~Timer() {
    if (scheduled_ != nullptr) {
      scheduled_->release();
    }
  }
  // The function does not start again; one that runs goes on. Any thread, any number of times.
  void cancel() {
    if (scheduled_ != nullptr) {
      scheduled_->cancel();
    }
  }

 private:
  detail::Scheduled* scheduled_ = nullptr;
};

namespace detail {

template <class F>
Timer make_timer(runar_ctx* ctx, Duration delay, Duration period, F function) {
  auto* scheduled = new ScheduledCall<F>(ctx, period, std::move(function));
  Timer timer(*scheduled);
  scheduled->schedule(delay);
  return timer;
}

}  // namespace detail

// co_await lc.sleep(50ms). Throws Error(RUNAR_E_CANCELLED) when the service stops meanwhile.
class [[nodiscard]] Sleep {
 public:
  Sleep(runar_ctx* ctx, Duration delay) : ctx_(ctx), delay_(delay) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    meeting_.expect(waiting);
    runar_id id = 0;
    const runar_status accepted =
        detail::host->post(ctx_, delay_.count(), &Sleep::fired, this, &id);
    if (accepted < 0) {  // else fired() may have run already
      status_ = accepted;
      return false;
    }
    return meeting_.suspend();
  }
  void await_resume() const { detail::check(status_, "sleep"); }

 private:
  static void fired(void* user, runar_ctx*, runar_status why) noexcept {
    Sleep& self = *static_cast<Sleep*>(user);
    self.status_ = why;
    self.meeting_.arrive();
  }
  runar_ctx* ctx_;
  Duration delay_;
  runar_status status_ = RUNAR_OK;
  detail::Meeting meeting_;
};

}  // namespace runar
