// Box: keeps a handler alive while it is registered and while coroutines that it made still run: a
// lambda's coroutine refers to the lambda's captures.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace runar::detail {

template <class F>
class Box {
 public:
  explicit Box(F handler) : handler_(std::move(handler)) {}
  F& handler() { return handler_; }
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete this;
    }
  }
  static void release_it(void* box) { static_cast<Box*>(box)->release(); }

 private:
  ~Box() = default;
  F handler_;
  std::atomic<std::uint32_t> references_ = 1;
};

// What `F` gives for In and these arguments; In void is left out.
template <class In, class F, class... Args>
struct Invoked : std::invoke_result<F&, In, Args...> {};
template <class F, class... Args>
struct Invoked<void, F, Args...> : std::invoke_result<F&, Args...> {};

template <class In, class F, class... Args>
inline constexpr bool kTakes = std::is_invocable_v<F&, In, Args...>;
template <class F, class... Args>
inline constexpr bool kTakes<void, F, Args...> = std::is_invocable_v<F&, Args...>;

}  // namespace runar::detail
