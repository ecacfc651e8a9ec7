// Task<T>: a coroutine that computes a T. Nothing runs before it is awaited, or started by the SDK.
//
// An awaited task runs on its awaiter's stack until it first waits. It does not matter on which
// thread it goes on. A task that is dropped before it was awaited never runs.
// Take what a coroutine uses after its first co_await by value: a reference parameter does not
// live that long.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <runar/plugin.h>

namespace runar {

template <class T = void>
class Task;

namespace detail {

// What an outermost coroutine belongs to: the request, event or phase that it answers.
struct RootOf {
  runar_ctx* ctx = nullptr;
  runar_id id = 0;
  void* owner = nullptr;
};

template <class Promise>
struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  // Nothing may touch the frame after the hand-over: whoever gets it may destroy it at once.
  void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
    Promise& promise = ended.promise();
    if (promise.finish != nullptr) {
      promise.finish(promise);
      return;
    }
    const std::coroutine_handle<> parent = promise.parent;
    if (promise.stage.exchange(Promise::kDone, std::memory_order_acq_rel) == Promise::kAwaited) {
      parent.resume();
    }
  }
  void await_resume() noexcept {}
};

template <class T>
struct PromiseBase {
  enum Stage : std::uint8_t { kRunning, kAwaited, kDone };

  Task<T> get_return_object();
  std::suspend_always initial_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }

  std::exception_ptr error;
  std::coroutine_handle<> parent;
  // Who comes second goes on: the awaiter when the task is done before it could wait, the task's
  // end when the awaiter waits already. They may be on two threads.
  std::atomic<Stage> stage = kRunning;
};

template <class T>
struct Promise : PromiseBase<T> {
  using Finish = void (*)(Promise&) noexcept;
  FinalAwaiter<Promise> final_suspend() noexcept { return {}; }
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }

  Finish finish = nullptr;  // of a root: uses the result and destroys the frame
  RootOf root;
  std::optional<T> value;
};

template <>
struct Promise<void> : PromiseBase<void> {
  using Finish = void (*)(Promise&) noexcept;
  FinalAwaiter<Promise> final_suspend() noexcept { return {}; }
  void return_void() noexcept {}
  void take() noexcept {}

  Finish finish = nullptr;
  RootOf root;
};

template <class T>
class TaskAwaiter {
 public:
  explicit TaskAwaiter(std::coroutine_handle<Promise<T>> task) : task_(task) {}
  bool await_ready() const noexcept { return false; }
  // Not a symmetric transfer: compilers turn that into a jump only when optimising, and a loop of
  // tasks that never wait must not eat the stack.
  bool await_suspend(std::coroutine_handle<> parent) {
    Promise<T>& promise = task_.promise();
    promise.parent = parent;
    task_.resume();
    return promise.stage.exchange(Promise<T>::kAwaited, std::memory_order_acq_rel) !=
           Promise<T>::kDone;
  }
  T await_resume() {
    if (task_.promise().error) {
      std::rethrow_exception(task_.promise().error);
    }
    return task_.promise().take();
  }

 private:
  std::coroutine_handle<Promise<T>> task_;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) {
      frame_.destroy();
    }
  }

  detail::TaskAwaiter<T> operator co_await() && { return detail::TaskAwaiter<T>(frame_); }

  // For the SDK: runs the task by itself; at its end `finish` has to destroy the frame.
  void start(const detail::RootOf& root, typename promise_type::Finish finish) && {
    const auto frame = std::exchange(frame_, nullptr);
    frame.promise().root = root;
    frame.promise().finish = finish;
    frame.resume();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
Task<T> PromiseBase<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(static_cast<Promise<T>&>(*this)));
}

template <class T>
void destroy_frame(Promise<T>& promise) noexcept {
  std::coroutine_handle<Promise<T>>::from_promise(promise).destroy();
}

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;

template <class T>
struct ResultOf {
  using Type = T;
};
template <class T>
struct ResultOf<Task<T>> {
  using Type = T;
};

}  // namespace detail

}  // namespace runar
