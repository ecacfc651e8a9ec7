// The C side of a service: one instance, its phases, and the functions that the host calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <runar/lifecycle.hpp>

namespace runar {

namespace detail {

// How an init, start or stop that is a coroutine tells its end: as the return value when it never
// waited, else through phase_done.
class PhaseEnd {
 public:
  void begin() {
    stage_.store(kStarted, std::memory_order_relaxed);
    status_ = RUNAR_OK;
    text_.clear();
  }
  // The phase's call returns: gives its status, or RUNAR_PENDING.
  runar_status leave(runar_err* err) {
    if (stage_.exchange(kLeft, std::memory_order_acq_rel) == kStarted) {
      return RUNAR_PENDING;
    }
    if (status_ < 0) {
      host->set_error(err, status_, str(text_));
    }
    return status_;
  }
  void fail(runar_status status, std::string_view text) {
    status_ = status;
    text_ = text;
  }
  void end(runar_ctx* ctx, std::uint32_t phase) noexcept {
    if (stage_.exchange(kEnded, std::memory_order_acq_rel) == kLeft) {
      insist([&](runar_str said) { return host->phase_done(ctx, phase, status_, said); }, text_);
    }
  }

 private:
  enum Stage : unsigned char { kStarted, kLeft, kEnded };
  std::atomic<Stage> stage_ = kStarted;
  runar_status status_ = RUNAR_OK;
  std::string text_;
};

inline void finish_phase(Promise<void>& promise) noexcept {
  auto* end = static_cast<PhaseEnd*>(promise.root.owner);
  const RootOf root = promise.root;
  if (promise.error) {
    try {
      std::rethrow_exception(promise.error);
    } catch (...) {
      tell_exception([&](runar_status code, std::string_view text) { end->fail(code, text); });
    }
  }
  destroy_frame(promise);
  end->end(root.ctx, static_cast<std::uint32_t>(root.id));
}

template <class S>
struct Instance {
  Instance(runar_ctx* ctx, const runar_service_args& args) : lifecycle(ctx, args) {}

  // Runs one phase; `call` gives void or Task<void>.
  template <class Call>
  runar_status run(std::uint32_t phase, runar_err* err, Call&& call) noexcept {
    if constexpr (kIsTask<decltype(call())>) {
      runar_status pending = RUNAR_OK;
      const runar_status status = guard(err, [&] {
        phase_end.begin();
        call().start({lifecycle.context(), phase, &phase_end}, &finish_phase);
        pending = phase_end.leave(err);
      });
      return status < 0 ? status : pending;
    } else {
      return guard(err, call);
    }
  }
  // Turns what `work` throws into a status and its message. `err` may be null.
  template <class Work>
  static runar_status guard(runar_err* err, Work&& work) noexcept {
    runar_status status = RUNAR_OK;
    try {
      work();
    } catch (...) {
      tell_exception([&](runar_status code, std::string_view text) {
        status = code;
        if (err != nullptr) {
          host->set_error(err, code, str(text));
        }
      });
    }
    return status;
  }

  Lifecycle lifecycle;
  PhaseEnd phase_end;
  S service{};
};

template <class S>
concept HasReconfigure = requires(S& service, Lifecycle& lc) { service.reconfigure(lc); };
template <class S>
concept HasHealth = requires(S& service, Lifecycle& lc) { service.health(lc); };
template <class S>
concept HasCancelled =
    requires(S& service, Lifecycle& lc, runar_id request) { service.cancelled(lc, request); };

// The functions of a runar_service_type.
template <class S>
struct Entries {
  static runar_status create(runar_ctx* ctx, const runar_service_args* args, void** self,
                             runar_err* err) {
    return Instance<S>::guard(err, [&] { *self = new Instance<S>(ctx, known(*args)); });
  }
  static runar_status init(void* self, runar_ctx*, runar_err* err) {
    auto& it = *static_cast<Instance<S>*>(self);
    return it.run(RUNAR_PHASE_INIT, err, [&] { return it.service.init(it.lifecycle); });
  }
  static runar_status start(void* self, runar_ctx*, runar_err* err) {
    auto& it = *static_cast<Instance<S>*>(self);
    return it.run(RUNAR_PHASE_START, err, [&] { return it.service.start(it.lifecycle); });
  }
  static runar_status stop(void* self, runar_ctx*, std::int64_t, runar_err* err) {
    auto& it = *static_cast<Instance<S>*>(self);
    return it.run(RUNAR_PHASE_STOP, err, [&] { return it.service.stop(it.lifecycle); });
  }
  static runar_status reconfigure(void* self, runar_ctx*, runar_str config, runar_err* err) {
    auto& it = *static_cast<Instance<S>*>(self);
    Config old;
    const runar_status parsed =
        it.guard(err, [&] { old = it.lifecycle.swap_config(Config::parse(view(config))); });
    if (parsed < 0) {
      return parsed;
    }
    const runar_status status = it.guard(err, [&] { it.service.reconfigure(it.lifecycle); });
    if (status < 0) {
      it.lifecycle.swap_config(std::move(old));
    }
    return status;
  }
  static runar_status health(void* self, runar_ctx*, runar_err* err) {
    auto& it = *static_cast<Instance<S>*>(self);
    return it.guard(err, [&] { it.service.health(it.lifecycle); });
  }
  static void cancelled(void* self, runar_ctx*, runar_id request) {
    auto& it = *static_cast<Instance<S>*>(self);
    it.guard(nullptr, [&] { it.service.cancelled(it.lifecycle, request); });
  }
  static void destroy(void* self) { delete static_cast<Instance<S>*>(self); }
};

}  // namespace detail

}  // namespace runar
