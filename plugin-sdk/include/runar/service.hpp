// Service, service<S>(), RUNAR_PLUGIN: from a class to the tables that the host asks for.
//
//   class Math : public runar::Service {
//    public:
//     void init(runar::Lifecycle& lc) { lc.action<Add, double>("add", ...); }
//   };
//   RUNAR_PLUGIN("math", "1.0.0", runar::service<Math>("math").summary("arithmetic"))
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <runar/lifecycle.hpp>

namespace runar {

// A base for services. Hide (no virtual, no override) the phases that you need; each may give void
// or Task<void>, and may throw: then the service has failed with that text.
class Service {
 public:
  void init(Lifecycle&) {}   // register actions and subscriptions
  void start(Lifecycle&) {}  // every service of the node is initialised: calls may be made
  void stop(Lifecycle&) {}   // all host calls still work
};

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
      host->phase_done(ctx, phase, status_, str(text_));
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
    try {
      if constexpr (kIsTask<decltype(call())>) {
        phase_end.begin();
        call().start({lifecycle.context(), phase, &phase_end}, &finish_phase);
        return phase_end.leave(err);
      } else {
        call();
        return RUNAR_OK;
      }
    } catch (...) {
      runar_status status = RUNAR_E_INTERNAL;
      tell_exception([&](runar_status code, std::string_view text) {
        status = code;
        host->set_error(err, code, str(text));
      });
      return status;
    }
  }

  Lifecycle lifecycle;
  PhaseEnd phase_end;
  S service{};
};

template <class S>
struct Entries {
  static runar_status create(runar_ctx* ctx, const runar_service_args* args, void** self,
                             runar_err* err) {
    runar_status status = RUNAR_OK;
    try {
      *self = new Instance<S>(ctx, known(*args));
    } catch (...) {
      tell_exception([&](runar_status code, std::string_view text) {
        status = code;
        host->set_error(err, code, str(text));
      });
    }
    return status;
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
  static void destroy(void* self) { delete static_cast<Instance<S>*>(self); }
};

}  // namespace detail

// A service type of a plugin, as constant data.
class ServiceType {
 public:
  constexpr explicit ServiceType(const runar_service_type& type) : type_(type) {}
  constexpr ServiceType summary(std::string_view text) const {
    ServiceType with = *this;
    with.type_.summary = {text.data(), text.size()};
    return with;
  }
  // JSON Schema text that the daemon checks the YAML's `config` against.
  constexpr ServiceType config_schema(std::string_view text) const {
    ServiceType with = *this;
    with.type_.config_schema = {text.data(), text.size()};
    return with;
  }
  // Two instances must not overlap, as for the owner of a database.
  constexpr ServiceType exclusive() const {
    ServiceType with = *this;
    with.type_.flags |= RUNAR_TYPE_EXCLUSIVE;
    return with;
  }
  constexpr ServiceType version(std::string_view text) const {
    ServiceType with = *this;
    with.type_.version = {text.data(), text.size()};
    return with;
  }
  constexpr const runar_service_type& record() const { return type_; }

 private:
  runar_service_type type_;
};

template <class S>
constexpr ServiceType service(std::string_view name) {
  using Entries = detail::Entries<S>;
  runar_service_type type{};
  type.struct_size = sizeof type;
  type.name = {name.data(), name.size()};
  type.create = &Entries::create;
  type.init = &Entries::init;
  type.start = &Entries::start;
  type.stop = &Entries::stop;
  type.destroy = &Entries::destroy;
  return ServiceType(type);
}

}  // namespace runar
