// What Lifecycle::on gives: waits for one event on a topic, for a limited time.
#pragma once

#include <atomic>
#include <exception>
#include <string>

#include <runar/call.hpp>
#include <runar/event.hpp>

namespace runar {

namespace detail {

// Shared by the awaiter, the subscription and the timer; the first of the two wins.
template <class T>
struct EventWait {
  Meeting meeting;
  Outcome<T> outcome;
  std::exception_ptr problem;
  std::atomic<bool> over = false;
  std::atomic<std::uint32_t> references = 1;

  bool win() { return !over.exchange(true, std::memory_order_acq_rel); }
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete this;
    }
  }

  static void on_event(void* user, runar_ctx*, const runar_event* event) noexcept {
    auto& self = *static_cast<EventWait*>(user);
    if (self.win()) {
      try {
        self.outcome.take(event->payload);
      } catch (...) {
        self.problem = std::current_exception();
      }
      self.meeting.arrive();
    }
  }
  static void on_timeout(void* user, runar_ctx*, runar_status why) noexcept {
    auto& self = *static_cast<EventWait*>(user);
    if (self.win()) {
      const runar_status code = why == RUNAR_OK ? runar_status{RUNAR_E_TIMEOUT} : why;
      self.problem = std::make_exception_ptr(Error(code, "no such event came"));
      self.meeting.arrive();
    }
    self.release();
  }
  static void drop(void* user) { static_cast<EventWait*>(user)->release(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] EventAwaiter {
 public:
  EventAwaiter(runar_ctx* ctx, std::string_view topic, Duration timeout, Duration include_past)
      : ctx_(ctx), topic_(topic), timeout_(timeout), include_past_(include_past) {}
  EventAwaiter(const EventAwaiter&) = delete;
  EventAwaiter& operator=(const EventAwaiter&) = delete;
  ~EventAwaiter() { wait_->release(); }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    wait_->meeting.expect(waiting);
    subscribe();
    start_timer();
    return wait_->meeting.suspend();
  }
  T await_resume() {
    detail::host->remove(ctx_, subscription_);
    detail::host->cancel(ctx_, timer_);
    if (wait_->problem) {
      std::rethrow_exception(wait_->problem);
    }
    return wait_->outcome.give();
  }

 private:
  using Wait = detail::EventWait<T>;
  void subscribe() {
    auto record = detail::sized<runar_subscription>();
    record.topic = detail::str(topic_);
    record.include_past_ns = include_past_.count();
    record.on_event = &Wait::on_event;
    record.user = wait_;
    record.drop_user = &Wait::drop;
    wait_->retain();
    const runar_status status = detail::host->subscribe(ctx_, &record, &subscription_);
    if (status < 0) {
      wait_->release();
      detail::check(status, topic_);
    }
  }
  void start_timer() {
    wait_->retain();
    const runar_status status =
        detail::host->post(ctx_, timeout_.count(), &Wait::on_timeout, wait_, &timer_);
    if (status < 0) {
      wait_->release();
      wait_->win();
      detail::host->remove(ctx_, subscription_);
      detail::check(status, topic_);
    }
  }

  runar_ctx* ctx_;
  std::string topic_;
  Duration timeout_;
  Duration include_past_;
  runar_id subscription_ = 0;
  runar_id timer_ = 0;
  Wait* wait_ = new Wait;
};

}  // namespace runar
