// Turning a user's handler into the C callback of an action.
//
// Shapes, for In and Out (either may be void; In is then left out):
//   Out(In), Out(In, Request)               answers by returning
//   Task<Out>(In), Task<Out>(In, Request)   answers when the coroutine ends
//   void(In, Request, Responder<Out>)       answers whenever and wherever it likes
#pragma once

#include <type_traits>
#include <utility>

#include <runar/detail/box.hpp>
#include <runar/request.hpp>
#include <runar/responder.hpp>
#include <runar/task.hpp>

namespace runar::detail {

template <class In, class Out, class F>
struct ActionHandler {
  static constexpr bool kDeferred = kTakes<In, F, Request, Responder<Out>>;
  static constexpr bool kWithRequest = kTakes<In, F, Request>;
  static_assert(kDeferred || kWithRequest || kTakes<In, F>,
                "a handler takes (In), (In, Request) or (In, Request, Responder<Out>)");

  static void on_request(void* user, runar_ctx* ctx, const runar_request* request) noexcept {
    Responder<Out> responder(ctx, request->id);
    try {
      run(*static_cast<Box<F>*>(user), ctx, *request, responder);
    } catch (...) {
      responder.fail_with_current_exception();
    }
  }

 private:
  static void run(Box<F>& box, runar_ctx* ctx, const runar_request& request,
                  Responder<Out>& responder) {
    if constexpr (kDeferred) {
      invoke(box, request, Request::own(ctx, request, kRaw), std::move(responder));
    } else if constexpr (kWithRequest) {
      with_request(box, ctx, request, responder);
    } else {
      answer(box, responder, [&] { return invoke(box, request); });
    }
  }
  static void with_request(Box<F>& box, runar_ctx* ctx, const runar_request& request,
                           Responder<Out>& responder) {
    if constexpr (kIsTask<typename Invoked<In, F, Request>::type>) {
      static_assert(!kTakes<In, F, const Request&>,
                    "a coroutine takes its Request by value: a reference would dangle");
      answer(box, responder,
             [&] { return invoke(box, request, Request::own(ctx, request, kRaw)); });
    } else {
      answer(box, responder, [&] { return invoke(box, request, Request(ctx, request)); });
    }
  }

  static constexpr bool kRaw = std::is_void_v<In>;  // then the payload is the Request's

  template <class... Args>
  static decltype(auto) invoke(Box<F>& box, const runar_request& request, Args&&... args) {
    if constexpr (std::is_void_v<In>) {
      return box.handler()(std::forward<Args>(args)...);
    } else {
      // Before the other arguments: a Responder that was moved already would answer for itself.
      In in = decode<In>(request.payload);
      return box.handler()(std::move(in), std::forward<Args>(args)...);
    }
  }

  // Runs `work`, which gives Out or a Task of it, and answers with that.
  template <class Work>
  static void answer(Box<F>& box, Responder<Out>& responder, Work&& work) {
    using Result = decltype(work());
    if constexpr (kIsTask<Result>) {
      using Value = typename ResultOf<Result>::Type;
      static_assert(std::is_same_v<Value, Out>, "the handler's Task gives another type than Out");
      Task<Out> task = work();
      box.retain();
      const RootOf root{responder.context(), responder.release(), &box};
      std::move(task).start(root, &ActionHandler::finish);
    } else if constexpr (std::is_void_v<Out>) {
      work();
      responder.respond();
    } else {
      responder.respond(work());
    }
  }

  static void finish(Promise<Out>& promise) noexcept {
    Responder<Out> responder(promise.root.ctx, promise.root.id);
    auto* box = static_cast<Box<F>*>(promise.root.owner);
    try {
      if (promise.error) {
        std::rethrow_exception(promise.error);
      }
      if constexpr (std::is_void_v<Out>) {
        responder.respond();
      } else {
        responder.respond(*promise.value);
      }
    } catch (...) {
      responder.fail_with_current_exception();
    }
    destroy_frame(promise);
    box->release();
  }
};

}  // namespace runar::detail
