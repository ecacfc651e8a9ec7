// The part of Service that looks after a service that runs: its health and its configuration.
#include "plugin_host/service.h"

namespace runard::plugin_host {

void Service::watch_health() {
  if (type_->calls.health == nullptr) {
    return;
  }
  health_timer_ = control_.executor.after(spec_.health_interval, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopping_ && self->lives()) {
      self->ask_health();
      self->watch_health();
    }
  });
}

void Service::ask_health() {
  if (life_->hangs()) {
    set_health(Health::kDegraded, life_->busy_with() + " has not returned");
  }
  if (!life_->may_begin()) {
    return;
  }
  life_->check_health(
      [weak = weak_from_this(), life = std::weak_ptr(life_)](const core::Result<void>& result) {
        const auto self = weak.lock();
        if (self == nullptr || !self->lives() || self->life_ != life.lock()) {
          return;
        }
        self->set_health(result ? Health::kOk : Health::kDegraded,
                         result ? std::string() : result.error().about);
      });
}

void Service::set_health(Health health, std::string reason) {
  const bool worse = health == Health::kDegraded && health_ != Health::kDegraded;
  const bool better = health == Health::kOk && health_ == Health::kDegraded;
  if (worse) {
    label_->log.warn("service is degraded", {core::field("why", reason)});
  } else if (better) {
    label_->log.info("service is healthy again");
  }
  health_ = health;
  health_reason_ = std::move(reason);
}

void Service::reconfigure(std::string config_json, Done done) {
  const bool rests = row_.state == State::kFailed || row_.state == State::kStopped || ending_;
  if (config_json == spec_.config_json) {
    done({});
  } else if (trial_ || stopping_ || !(rests || lives())) {
    done(core::fail(core::Errc::kServiceWrongState,
                    label_->service + " is " + std::string(registry::state_text(row_.state))));
  } else if (type_ == nullptr) {
    spec_.config_json = std::move(config_json);
    done({});
  } else if (rests) {
    begin_trial(std::move(config_json), std::nullopt, std::move(done));
  } else if (type_->calls.reconfigure == nullptr) {
    reconfigured(std::move(config_json), RUNAR_RESTART, std::move(done));
  } else {
    give_config(std::move(config_json), std::move(done));
  }
}

// The life that there is, if any, ends; the next is the trial.
void Service::begin_trial(std::string config_json, std::optional<std::string> old, Done done) {
  spec_.config_json = std::move(config_json);
  trial_ = Trial{std::move(old), std::move(done)};
  if (ending_) {
    again_ = true;
  } else if (life_ == nullptr) {
    begin_again();
  } else {
    again_ = true;
    withdraw(State::kStopping);
    end_life();
  }
}

void Service::end_trial(const core::Result<void>& result) {
  if (!trial_) {
    return;
  }
  Trial trial = *std::exchange(trial_, std::nullopt);
  if (!result && trial.old) {
    spec_.config_json = std::move(*trial.old);
    again_ = !stopping_;
    label_->log.error("service did not begin with its new configuration, the old one comes back",
                      {core::field("why", core::describe(result.error()))});
  }
  trial.done(result);
}

// Asks the service; a phase that runs now, such as its health, is waited for.
void Service::give_config(std::string config_json, Done done) {
  constexpr core::Duration kRetry = std::chrono::milliseconds(20);
  if (life_->hangs()) {
    done(core::fail(core::Errc::kServiceWrongState,
                    label_->service + ": " + life_->busy_with() + " has not returned"));
    return;
  }
  auto next = [weak = weak_from_this(), life = std::weak_ptr(life_), config_json,
               done = std::move(done)](auto&& go_on) mutable {
    const auto self = weak.lock();
    if (self == nullptr || !self->lives() || self->life_ != life.lock()) {
      done(core::fail(core::Errc::kServiceStopping, "the service has ended meanwhile"));
    } else {
      go_on(*self, std::move(config_json), std::move(done));
    }
  };
  if (!life_->may_begin()) {
    control_.executor.after(kRetry, [next = std::move(next)]() mutable {
      next([](Service& self, std::string config, Done then) {
        self.give_config(std::move(config), std::move(then));
      });
    });
    return;
  }
  life_->reconfigure(std::move(config_json),
                     [next = std::move(next)](core::Result<runar_status> result) mutable {
                       next([&](Service& self, std::string config, Done then) {
                         self.reconfigured(std::move(config), std::move(result), std::move(then));
                       });
                     });
}

void Service::reconfigured(std::string config_json, core::Result<runar_status> result, Done done) {
  if (!result) {
    label_->log.error("the new configuration was refused, the old one stays",
                      {core::field("why", core::describe(result.error()))});
    done(result.error());
    return;
  }
  if (*result == RUNAR_RESTART) {
    label_->log.info("service begins again with its new configuration");
    begin_trial(std::move(config_json), spec_.config_json, std::move(done));
    return;
  }
  spec_.config_json = std::move(config_json);
  label_->log.info("service has taken its new configuration");
  done({});
}

}  // namespace runard::plugin_host
