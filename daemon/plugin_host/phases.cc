#include "plugin_host/phases.h"

#include <fmt/format.h>

#include <algorithm>

#include "plugin_host/abi_error.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/barrier.h"
#include "plugin_host/instance.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

bool may_be_pending(Phase phase) {
  return phase == Phase::kInit || phase == Phase::kStart || phase == Phase::kStop;
}

std::uint32_t abi_number(Phase phase) {
  switch (phase) {
    case Phase::kInit:
      return RUNAR_PHASE_INIT;
    case Phase::kStart:
      return RUNAR_PHASE_START;
    case Phase::kStop:
      return RUNAR_PHASE_STOP;
    default:
      return 0;
  }
}

}  // namespace

const char* phase_text(Phase phase) {
  constexpr const char* kNames[] = {"none", "create",  "init",   "start",
                                    "stop", "destroy", "health", "reconfigure"};
  return kNames[static_cast<std::size_t>(phase)];
}

void Phases::begin(Phase phase, core::TimePoint deadline, Done done, std::string argument) {
  {
    const std::lock_guard lock(mutex_);
    RUNARD_CHECK(phase_ == Phase::kNone);
    phase_ = phase;
    deadline_ = deadline;
    argument_ = std::move(argument);
    done_ = std::move(done);
    returned_pending_ = false;
    early_.reset();
    refused_.clear();
    if (phase == Phase::kStop) {
      ended_ = {};  // what it says from now on is about this
      starts_ = false;
    }
  }
  instance_.strand().post(*this);
}

void Phases::allow_end(Done ended) {
  std::optional<Outcome> early;
  {
    const std::lock_guard lock(mutex_);
    starts_ = false;
    early = std::exchange(ended_early_, {});
    if (!early) {
      ended_ = std::move(ended);
      return;
    }
  }
  ended(result_of(Phase::kStop, *early));
}

Phase Phases::current() const {
  const std::lock_guard lock(mutex_);
  return phase_;
}

void Phases::note_refused(std::string_view what, runar_status status) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kInit && refused_.empty()) {
    refused_ = fmt::format("{} was refused", what);
    refusal_ = status;
  }
}

Phases::Outcome Phases::call_phase(Phase phase, core::TimePoint deadline,
                                   const std::string& argument) {
  runar_err err;
  runar_status status = RUNAR_E_INTERNAL;
  const bool returned =
      call_plugin(instance_.context(), {&instance_.context(), nullptr, phase_text(phase), 0}, [&] {
        const LifecycleCall call{phase, deadline.time_since_epoch().count(), argument};
        status = instance_.call_lifecycle(call, err);
      });
  if (!returned) {
    return {RUNAR_E_INTERNAL, "let an exception out"};
  }
  if (status == RUNAR_PENDING && !may_be_pending(phase)) {
    return {RUNAR_E_INVALID, "may not be pending"};
  }
  return {status, std::move(err.message)};
}

void Phases::run() noexcept {
  Phase phase{};
  core::TimePoint deadline;
  std::string argument;
  {
    const std::lock_guard lock(mutex_);
    phase = phase_;
    deadline = deadline_;
    argument = std::move(argument_);
  }
  Outcome outcome = call_phase(phase, deadline, argument);
  if (outcome.status == RUNAR_PENDING) {
    const std::lock_guard lock(mutex_);
    if (!early_) {
      returned_pending_ = true;
      return;
    }
    outcome = std::move(*early_);
  }
  finish(std::move(outcome));
}

runar_status Phases::answer_pending(std::uint32_t phase, runar_status status,
                                    std::string_view message) {
  const Outcome outcome{status, std::string(message)};
  Done ended;
  {
    const std::lock_guard lock(mutex_);
    if (phase == RUNAR_PHASE_STOP && phase_ != Phase::kStop && ended_) {
      ended = std::move(ended_);
    } else if (phase == RUNAR_PHASE_STOP && std::exchange(starts_, false)) {
      ended_early_ = outcome;  // allow_end() comes for it
      return RUNAR_OK;
    } else if (abi_number(phase_) != phase || phase == 0 || early_) {
      return RUNAR_E_STALE;
    } else {
      early_ = outcome;
      if (!returned_pending_) {
        return RUNAR_OK;
      }
    }
  }
  if (ended) {
    ended(result_of(Phase::kStop, outcome));
  } else {
    finish(outcome);
  }
  return RUNAR_OK;
}

core::Result<runar_status> Phases::result_of(Phase phase, const Outcome& outcome) const {
  if (outcome.status >= RUNAR_OK) {
    return outcome.status;
  }
  return core::fail(core::Errc::kServicePhaseFailed,
                    fmt::format("{} of {} failed: {} ({})", phase_text(phase),
                                instance_.context().label().service, outcome.message,
                                status_text(outcome.status)));
}

void Phases::finish(Outcome outcome) {
  Done done;
  Phase phase{};
  {
    const std::lock_guard lock(mutex_);
    if (!refused_.empty()) {
      outcome.status = std::min(outcome.status, refusal_);
      outcome.message = outcome.message.empty() ? refused_ : outcome.message;
    }
    phase = std::exchange(phase_, Phase::kNone);
    starts_ = phase == Phase::kStart && outcome.status >= RUNAR_OK;
    if (phase == Phase::kStop) {
      instance_.context().close();  // here, so that no timer fires after stop
    }
    done = std::move(done_);
  }
  done(result_of(phase, outcome));
}

}  // namespace runard::plugin_host
