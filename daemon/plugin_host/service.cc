#include "plugin_host/service.h"

#include <algorithm>

namespace runard::plugin_host {

Service::Service(Control& control, InstanceSpec spec, InstanceId id)
    : control_(control),
      spec_(std::move(spec)),
      id_(id),
      label_(std::make_shared<Label>()),
      backoff_(spec_.backoff.first) {
  label_->network = spec_.network;
  label_->path = spec_.path;
  label_->allow = spec_.allow;
  label_->service = spec_.network + ":" + spec_.path;
  label_->log = control.runtime->log.with("service", label_->service);
  row_.network = spec_.network;
  row_.path = spec_.path;
  row_.type = spec_.type;
}

void Service::set_state(State state) {
  row_.state = state;
  control_.runtime->ports.directory.state_changed(id_, row_);
}

void Service::loaded(core::Result<Library*> library) {
  if (stopping_) {
    return;
  }
  if (!library) {
    fail(library.error());
    return;
  }
  const auto type = (*library)->find(spec_.type);
  if (!type) {
    fail(type.error());
    return;
  }
  library_ = *library;
  type_ = *type;
  label_->plugin = library_->manifest().name;
  label_->log =
      control_.runtime->log.with("plugin", label_->plugin).with("service", label_->service);
  row_.version = type_->version.empty() ? library_->manifest().version : type_->version;
  row_.summary = type_->summary;
  if (state() == State::kFailed) {
    begin_again();
  }
}

void Service::init(core::Task settled) {
  settled_ = std::move(settled);
  if (type_ == nullptr || stopping_) {
    settle();
    return;
  }
  begin_life();
}

void Service::begin_life() {
  if (type_->exclusive && !control_.exclusive.insert(type_).second) {
    fail(core::fail(core::Errc::kConflict,
                    "another instance of the exclusive type " + type_->name + " is still there"));
    return;
  }
  life_ = std::make_shared<Life>(control_, label_, *type_, spec_);
  row_.actions.clear();
  row_.started = {};
  row_.registered = control_.runtime->clock.wall();
  set_state(State::kCreated);
  life_->create_and_init([weak = weak_from_this()](core::Result<void> result) {
    if (const auto self = weak.lock()) {
      self->initialized(std::move(result));
    }
  });
}

void Service::initialized(core::Result<void> result) {
  if (stopping_) {
    return;
  }
  if (result) {
    life_->instance().freeze_actions();
    row_.actions = life_->instance().action_rows();
    result = control_.runtime->ports.directory.reserve(id_, row_);
    reserved_ = result.has_value();
  }
  if (!result) {
    fail(result.error());
    return;
  }
  set_state(State::kInitialized);
  if (restarting_) {
    begin_start();
  } else {
    settle();
  }
}

void Service::start(core::Task settled) {
  settled_ = std::move(settled);
  if (row_.state != State::kInitialized || restarting_ || stopping_) {
    settle();
    return;
  }
  begin_start();
}

void Service::begin_start() {
  set_state(State::kStarting);
  life_->start([weak = weak_from_this()](core::Result<void> result) {
    if (const auto self = weak.lock()) {
      self->started(std::move(result));
    }
  });
}

void Service::started(core::Result<void> result) {
  if (stopping_) {
    return;
  }
  if (result) {
    result = announce();
  }
  if (!result) {
    fail(result.error());
    return;
  }
  runs_since_ = control_.runtime->clock.now();
  set_state(paused_ ? State::kPaused : State::kRunning);
  label_->log.info(paused_ ? "service is paused, as it was before" : "service is running");
  end_trial({});
  life_->on_end([weak = weak_from_this(), life = std::weak_ptr(life_)](core::Result<void> ended) {
    const auto self = weak.lock();
    if (self != nullptr && self->life_ == life.lock()) {
      self->has_ended(std::move(ended));
    }
  });
  watch_health();
  settle();
}

core::Result<void> Service::announce() {
  row_.started = control_.runtime->clock.wall();
  registry::ServiceRow running = row_;
  running.state = paused_ ? State::kPaused : State::kRunning;
  // The gate first: a request that finds the route must not find it as it was.
  life_->context().set_gate(paused_ ? core::Errc::kServicePaused : core::Errc{});
  auto result = control_.runtime->ports.directory.running(id_, running, life_->context());
  if (result) {
    life_->instance().subscriptions().open();
  }
  return result;
}

// From now on no request comes in; what came in before may be answered.
void Service::withdraw(State state) {
  control_.executor.cancel(std::exchange(health_timer_, 0));
  set_health(Health::kUnknown, {});
  if (lives() && control_.runtime->clock.now() - runs_since_ >= spec_.backoff.most) {
    backoff_ = spec_.backoff.first;  // it was no quick failure
  }
  if (life_ != nullptr) {
    life_->context().set_gate(core::Errc::kServiceStopping);
  }
  set_state(state);
  if (std::exchange(reserved_, false)) {
    control_.runtime->ports.directory.withdraw(id_);
  }
}

void Service::fail(core::Error error) {
  label_->log.error("service failed", {core::field("error", core::describe(error))});
  last_error_ = std::move(error);
  withdraw(State::kFailed);
  end_trial(last_error_);
  settle();
  end_life();
}

void Service::settle() {
  if (core::Task settled = std::move(settled_)) {
    settled();
  }
}

void Service::end_life() {
  if (life_ == nullptr) {
    after_life();
    return;
  }
  ending_ = true;
  life_->retire([weak = weak_from_this(), life = life_](core::Result<void> result) {
    if (const auto self = weak.lock()) {
      self->life_ended(life, !result);
    }
  });
}

void Service::life_ended(const std::shared_ptr<Life>& life, bool leaked) {
  ending_ = false;
  life_.reset();
  if (!leaked) {
    control_.exclusive.erase(type_);
  } else {
    leaked_.push_back(life);
    life->on_gone([weak = weak_from_this(), gone = std::weak_ptr(life)] {
      if (const auto self = weak.lock()) {
        self->control_.exclusive.erase(self->type_);
        std::erase(self->leaked_, gone.lock());
      }
    });
  }
  after_life();
}

void Service::after_life() {
  if (stopping_) {
    set_state(State::kStopped);
    if (core::Task stopped = std::move(stopped_)) {
      stopped();
    }
    return;
  }
  const bool ended = std::exchange(ended_, false);
  if (std::exchange(again_, false)) {
    begin_again();
    return;
  }
  const bool wanted = ended ? spec_.restart == Restart::kAlways : spec_.restart != Restart::kNever;
  if (wanted && type_ != nullptr) {
    start_again(std::exchange(backoff_, std::min(backoff_ * 2, spec_.backoff.most)));
  } else if (ended) {
    set_state(State::kStopped);
  }
}

void Service::start_again(core::Duration wait) {
  label_->log.info(
      "service will be started again",
      {core::field("wait_ms", std::chrono::ceil<std::chrono::milliseconds>(wait).count())});
  restart_timer_ = control_.executor.after(wait, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopping_) {
      self->begin_again();
    }
  });
}

void Service::begin_again() {
  control_.executor.cancel(std::exchange(restart_timer_, 0));
  ++restarts_;
  restarting_ = true;
  begin_life();
}

// Its start was its last word, or it had nothing more to do.
void Service::has_ended(core::Result<void> result) {
  if (stopping_ || ending_ || !lives()) {
    return;
  }
  if (!result) {
    fail(result.error());
    return;
  }
  label_->log.info("service has ended by itself");
  ended_ = true;
  withdraw(State::kStopping);
  end_life();
}

void Service::stop(core::Task stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  control_.executor.cancel(std::exchange(restart_timer_, 0));
  end_trial(core::fail(core::Errc::kServiceStopping, label_->service + " is being stopped"));
  settle();
  if (ending_) {
    return;  // after_life() goes on
  }
  withdraw(State::kStopping);
  end_life();
}

core::Result<void> Service::change_state(State from, State to, core::Errc gate) {
  if (row_.state != from) {
    return core::fail(core::Errc::kServiceWrongState,
                      label_->service + " is " + std::string(registry::state_text(row_.state)));
  }
  life_->context().set_gate(gate);
  paused_ = to == State::kPaused;
  set_state(to);
  return {};
}

core::Result<void> Service::pause() {
  return change_state(State::kRunning, State::kPaused, core::Errc::kServicePaused);
}

core::Result<void> Service::resume() {
  return change_state(State::kPaused, State::kRunning, {});
}

bool Service::lives() const {
  return life_ != nullptr && (row_.state == State::kRunning || row_.state == State::kPaused);
}

InstanceStatus Service::status() const {
  InstanceStatus status;
  status.id = id_;
  status.name = spec_.name;
  status.plugin = label_->plugin;
  status.file = spec_.file;
  status.row = row_;
  status.last_error = last_error_;
  status.health = health_;
  status.health_reason = health_reason_;
  status.restarts = restarts_;
  status.leaked = static_cast<std::uint32_t>(leaked_.size());
  if (library_ != nullptr) {
    status.plugin_version = library_->manifest().version;
    status.hash = library_->hash();
  }
  if (life_ == nullptr || life_->gone()) {
    return status;
  }
  const Context& context = life_->context();
  status.stuck = context.gate() == core::Errc::kServiceStuck;
  status.busy = !life_->instance().idle();
  status.in_flight = context.open_requests();
  status.calls = context.open_calls();
  status.tasks = context.open_tasks();
  status.stale_answers = context.counters.stale_answers.load();
  status.abandoned = context.counters.abandoned.load();
  status.exceptions = context.counters.exceptions.load();
  status.misuses = context.counters.misuses.load();
  life_->instance().for_each_action([&](const Action& action) {
    status.actions.push_back({action.row.pattern, action.requests.load(), action.failures.load(),
                              action.latency.quantile(0.50), action.latency.quantile(0.99)});
  });
  return status;
}

}  // namespace runard::plugin_host
