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
  constexpr const char* kNames[] = {"none", "create", "init", "start", "stop", "destroy"};
  return kNames[static_cast<std::size_t>(phase)];
}

void Phases::begin(Phase phase, core::TimePoint deadline, Done done) {
  {
    const std::lock_guard lock(mutex_);
    RUNARD_CHECK(phase_ == Phase::kNone);
    phase_ = phase;
    deadline_ = deadline;
    done_ = std::move(done);
    returned_pending_ = false;
    early_.reset();
    refused_.clear();
  }
  instance_.strand().post(*this);
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

Phases::Outcome Phases::call_phase(Phase phase, core::TimePoint deadline) {
  runar_err err;
  runar_status status = RUNAR_E_INTERNAL;
  const bool returned = call_plugin(
      instance_.context(), {&instance_.context(), nullptr, phase_text(phase), 0},
      [&] { status = instance_.call_lifecycle(phase, deadline.time_since_epoch().count(), err); });
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
  {
    const std::lock_guard lock(mutex_);
    phase = phase_;
    deadline = deadline_;
  }
  Outcome outcome = call_phase(phase, deadline);
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
  {
    const std::lock_guard lock(mutex_);
    if (abi_number(phase_) != phase || phase == 0 || early_) {
      return RUNAR_E_STALE;
    }
    early_ = Outcome{status, std::string(message)};
    if (!returned_pending_) {
      return RUNAR_OK;
    }
  }
  finish(Outcome{status, std::string(message)});
  return RUNAR_OK;
}

void Phases::finish(Outcome outcome) {
  Done done;
  core::Result<void> result;
  {
    const std::lock_guard lock(mutex_);
    if (!refused_.empty()) {
      outcome.status = std::min(outcome.status, refusal_);
      outcome.message = outcome.message.empty() ? refused_ : outcome.message;
    }
    if (outcome.status < RUNAR_OK) {
      result = core::fail(core::Errc::kServicePhaseFailed,
                          fmt::format("{} of {} failed: {} ({})", phase_text(phase_),
                                      instance_.context().label().service, outcome.message,
                                      status_text(outcome.status)));
    }
    if (phase_ == Phase::kStop) {
      instance_.context().close();  // here, so that no timer fires after stop
    }
    phase_ = Phase::kNone;
    done = std::move(done_);
  }
  done(std::move(result));
}

}  // namespace runard::plugin_host
