#include "plugin_host/life.h"

#include <fmt/format.h>

namespace runard::plugin_host {
namespace {

Context& make_context(Control& control, std::shared_ptr<const Label> label) {
  auto& contexts = control.runtime->contexts;
  contexts.push_back(std::make_unique<Context>(*control.runtime, std::move(label)));
  return *contexts.back();
}

}  // namespace

Life::Life(Control& control, std::shared_ptr<const Label> label, const ServiceType& type,
           const InstanceSpec& spec)
    : control_(control),
      spec_(spec),
      context_(make_context(control, std::move(label))),
      instance_(std::make_unique<Instance>(
          *control.runtime, context_, type,
          InstanceArgs{spec.path, spec.network, spec.name, spec.config_json, spec.data_dir})) {
  context_.set_request_limit(spec.max_concurrency != 0 ? spec.max_concurrency
                                                       : control.runtime->limits.instance_requests);
}

void Life::begin(Work work, StatusDone done) {
  const Phase phase = work.phase;
  running_ = phase;
  settle_ = std::move(done);
  phase_timer_ = control_.executor.after(work.timeout, [weak = weak_from_this(), phase] {
    if (const auto self = weak.lock()) {
      self->phase_timed_out(phase);
    }
  });
  instance_->phases().begin(
      phase, control_.runtime->clock.now() + work.timeout,
      [link = control_.link, weak = weak_from_this()](core::Result<runar_status> result) {
        link->post([weak, result = std::move(result)]() mutable {
          if (const auto self = weak.lock()) {
            self->phase_ended(std::move(result));
          }
        });
      },
      std::move(work.argument));
}

void Life::begin(Phase phase, core::Duration timeout, Done done) {
  begin(Work{phase, timeout}, [done = std::move(done)](core::Result<runar_status> result) mutable {
    done(result ? core::Result<void>() : core::Result<void>(result.error()));
  });
}

void Life::phase_ended(core::Result<runar_status> result) {
  const Phase phase = std::exchange(running_, Phase::kNone);
  control_.executor.cancel(phase_timer_);
  if (std::exchange(hung_, false)) {
    context_.label().log.warn("a phase that was given up has returned",
                              {core::field("phase", phase_text(phase))});
    if (phase == Phase::kDestroy) {
      stage_ = Stage::kEmpty;
    }
    return;
  }
  settle(std::move(result));
}

void Life::phase_timed_out(Phase phase) {
  hung_ = true;
  settle(core::fail(
      core::Errc::kServicePhaseTimeout,
      fmt::format("{} of {} did not finish in time", phase_text(phase), context_.label().service)));
}

void Life::settle(core::Result<runar_status> result) {
  StatusDone done = std::move(settle_);
  done(std::move(result));
}

void Life::check_health(Done done) {
  begin(Phase::kHealth, spec_.timeouts.health, std::move(done));
}

void Life::reconfigure(std::string config_json, StatusDone done) {
  begin({Phase::kReconfigure, spec_.timeouts.start, std::move(config_json)}, std::move(done));
}

void Life::on_end(Done ended) {
  instance_->phases().allow_end(
      [link = control_.link, weak = weak_from_this(),
       ended = std::move(ended)](const core::Result<runar_status>& result) mutable {
        auto told = result ? core::Result<void>() : core::Result<void>(result.error());
        link->post([weak, ended = std::move(ended), told = std::move(told)]() mutable {
          if (!weak.expired()) {
            ended(std::move(told));
          }
        });
      });
}

void Life::create_and_init(Done done) {
  begin(Phase::kCreate, spec_.timeouts.init,
        [this, done = std::move(done)](core::Result<void> created) mutable {
          if (!created) {
            done(std::move(created));
            return;
          }
          begin(Phase::kInit, spec_.timeouts.init, std::move(done));
        });
}

void Life::start(Done done) {
  begin(Phase::kStart, spec_.timeouts.start,
        [this, done = std::move(done)](core::Result<void> result) mutable {
          started_ = result.has_value();
          done(std::move(result));
        });
}

void Life::retire(Done done) {
  retired_ = std::move(done);
  stage_ = Stage::kDrain;
  stage_ends_ = control_.runtime->clock.now() + spec_.timeouts.drain;
  tick();
}

void Life::tick() {
  const auto self = shared_from_this();  // the report may drop the last other reference
  while (advance()) {
  }
  if (stage_ == Stage::kGone) {
    return;
  }
  const core::Duration pause = retired_ ? kTick : kSlowTick;
  control_.executor.after(pause, [weak = weak_from_this()] {
    if (const auto life = weak.lock()) {
      life->tick();
    }
  });
}

bool Life::advance() {
  switch (stage_) {
    case Stage::kDrain:
      return drain();
    case Stage::kClose:
      return close();
    case Stage::kQuiet:
      return wait_quiet();
    case Stage::kEmpty:
      return wait_empty();
    case Stage::kStop:
    case Stage::kDestroy:  // their phase's end moves on
    case Stage::kAlive:
    case Stage::kGone:
      break;
  }
  return false;
}

bool Life::drain() {
  if (running_ != Phase::kNone && !hung_) {
    return false;  // init or start: its end or its deadline comes first
  }
  const bool may_stop = started_ && !hung_;
  const bool over = control_.runtime->clock.now() >= stage_ends_;
  if (may_stop && context_.open_requests() != 0 && !over) {
    return false;
  }
  if (!may_stop) {
    stage_ = Stage::kClose;
    return true;
  }
  stage_ = Stage::kStop;
  begin(Phase::kStop, spec_.timeouts.stop, [this](core::Result<void> result) {
    if (!result) {
      context_.label().log.warn("stop failed", {core::field("error", result.error().about)});
    }
    stage_ = Stage::kClose;
  });
  return false;
}

bool Life::close() {
  context_.close();
  stage_ = Stage::kQuiet;
  stage_ends_ = control_.runtime->clock.now() + spec_.timeouts.stop;
  return true;
}

bool Life::is_at_rest() const {
  // Idle before: what the strand began is counted by now, and what comes later sees that the
  // context closes. Idle after: nothing of what was counted runs on.
  return running_ == Phase::kNone && instance_->idle() && context_.quiet() && instance_->idle();
}

bool Life::wait_quiet() {
  // Each time: what was being begun when the context closed shows up a moment later.
  Runtime& runtime = *control_.runtime;
  runtime.requests.fail_all(context_, core::Errc::kServiceStopping);
  runtime.calls.cancel_all(context_);
  runtime.tasks.cancel_all(context_);
  if (!is_at_rest() || context_.has_wrapped()) {
    if (retired_ && runtime.clock.now() >= stage_ends_) {
      report(core::fail(core::Errc::kServicePhaseTimeout,
                        context_.label().service + " is still busy and was given up"));
    }
    return false;
  }
  stage_ = Stage::kDestroy;
  begin(Phase::kDestroy, spec_.timeouts.stop, [this](core::Result<void> result) {
    if (!result) {
      report(std::move(result));
    }
    stage_ = hung_ ? Stage::kDestroy : Stage::kEmpty;
  });
  return false;
}

bool Life::wait_empty() {
  if (!is_at_rest() || !context_.retire()) {
    return false;
  }
  control_.runtime->threads.synchronize();  // the watchdog may be looking at it
  instance_.reset();
  stage_ = Stage::kGone;
  report({});
  if (on_gone_) {
    on_gone_();
  }
  return false;
}

void Life::report(core::Result<void> result) {
  if (!retired_) {
    return;
  }
  if (!result) {
    context_.label().log.error("the service is leaked",
                               {core::field("error", result.error().about)});
  }
  Done done = std::move(retired_);
  done(std::move(result));
}

}  // namespace runard::plugin_host
