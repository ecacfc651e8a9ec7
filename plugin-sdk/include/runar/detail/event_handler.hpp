// Turning a user's handler into the C callback of a subscription.
//
// Shapes, for T (void: then T is left out): R(T), R(T, Event), with R one of
//   void            the event is done with when the handler returns
//   Verdict         the handler says whether it is
//   Task<void>      done with when the coroutine ends
//   Task<Verdict>   both
// A handler that throws is logged. Then the event is retried if the subscription is durable, else
// dropped.
#pragma once

#include <runar/detail/box.hpp>
#include <runar/event.hpp>
#include <runar/task.hpp>

namespace runar::detail {

inline void log_exception(runar_ctx* ctx, std::string_view doing, std::string_view about) noexcept {
  tell_exception([&](runar_status code, std::string_view text) {
    const std::string_view kind = describe(code);
    const runar_kv fields[] = {{str("about"), str(about)}, {str("kind"), str(kind)}};
    std::string message;
    try {
      message.append(doing).append(": ").append(text);
      text = message;
    } catch (...) {
      text = "out of memory";
    }
    host->log(ctx, RUNAR_LOG_ERROR, str(text), fields, 2, 0);
  });
}

// A handler and whether its subscription is durable.
template <class F>
struct Subscriber {
  F handler;
  bool durable = false;
};

template <class T, class F>
struct EventHandler {
  using SubscriberBox = Box<Subscriber<F>>;
  static constexpr bool kRaw = std::is_void_v<T>;  // then the payload is the Event's
  static constexpr bool kWithEvent = kTakes<T, F, Event>;
  static_assert(kWithEvent || kTakes<T, F>, "a handler takes (T) or (T, Event)");

  static auto result_type() {
    if constexpr (kWithEvent) {
      return std::type_identity<typename Invoked<T, F, Event>::type>();
    } else {
      return std::type_identity<typename Invoked<T, F>::type>();
    }
  }
  using Result = typename decltype(result_type())::type;
  using Said = typename ResultOf<Result>::Type;  // void or Verdict
  static_assert(std::is_void_v<Said> || std::is_same_v<Said, Verdict>,
                "a handler gives void, Verdict or a Task of one of them");
  static_assert(!kIsTask<Result> || !kTakes<T, F, const Event&>,
                "a coroutine takes its Event by value: a reference would dangle");
  // Only then the host waits for event_done.
  static constexpr bool kManual = kIsTask<Result> || !std::is_void_v<Said>;

  static void on_event(void* user, runar_ctx* ctx, const runar_event* event) noexcept {
    auto& box = *static_cast<SubscriberBox*>(user);
    try {
      run(box, ctx, *event);
    } catch (...) {
      log_exception(ctx, "an event's handler failed", view(event->topic));
      done(ctx, event->id, after_failure(box));
    }
  }

 private:
  static Verdict after_failure(SubscriberBox& box) {
    return box.handler().durable ? Verdict::retry(std::chrono::seconds(1)) : Verdict::drop();
  }
  static void done(runar_ctx* ctx, runar_id id, const Verdict& verdict) {
    if constexpr (kManual) {
      host->event_done(ctx, id, verdict.code(), verdict.retry_after().count());
    }
  }

  static void run(SubscriberBox& box, runar_ctx* ctx, const runar_event& event) {
    if constexpr (kIsTask<Result>) {
      Result task = invoke(box, ctx, event);
      box.retain();
      std::move(task).start({ctx, event.id, &box}, &EventHandler::finish);
    } else if constexpr (kManual) {
      done(ctx, event.id, invoke(box, ctx, event));
    } else {
      invoke(box, ctx, event);
    }
  }
  static Result invoke(SubscriberBox& box, runar_ctx* ctx, const runar_event& event) {
    F& handler = box.handler().handler;
    if constexpr (!kWithEvent) {
      if constexpr (kRaw) {
        return handler();
      } else {
        return handler(decode<T>(event.payload));
      }
    } else {
      Event given = kIsTask<Result> ? Event::own(ctx, event, kRaw) : Event(ctx, event);
      if constexpr (kRaw) {
        return handler(std::move(given));
      } else {
        return handler(decode<T>(event.payload), std::move(given));
      }
    }
  }

  static void finish(Promise<Said>& promise) noexcept {
    const RootOf root = promise.root;
    auto& box = *static_cast<SubscriberBox*>(root.owner);
    Verdict verdict = Verdict::ok();
    if (promise.error) {
      try {
        std::rethrow_exception(promise.error);
      } catch (...) {
        log_exception(root.ctx, "an event's handler failed", {});
      }
      verdict = after_failure(box);
    } else if constexpr (!std::is_void_v<Said>) {
      verdict = *promise.value;
    }
    destroy_frame(promise);
    box.release();
    done(root.ctx, root.id, verdict);
  }
};

}  // namespace runar::detail
