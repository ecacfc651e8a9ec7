// Service: one service instance as the operator configured it, over all its lives. On the control
// strand.
//
// created -> initialized -> starting -> running <-> paused -> stopping -> stopped; or failed, from
// where it is tried again with backoff if the spec says so. Its actions become visible in one batch
// after start, and are gone before stop. `stop` of the plugin is called only if its `start` was
// successful. A running service is asked for its health from time to time; a degraded one goes on.
// It may also end by itself (host->phase_done), which `restart: always` does not accept.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin_host/life.h"
#include "plugin_host/spec.h"

namespace runard::plugin_host {

class Service : public std::enable_shared_from_this<Service> {
 public:
  using State = registry::ServiceState;
  using Done = Life::Done;

  Service(Control& control, InstanceSpec spec, InstanceId id);

  const InstanceSpec& spec() const { return spec_; }
  InstanceId id() const { return id_; }
  State state() const { return row_.state; }
  InstanceStatus status() const;

  // Its plugin file, or why there is none. After init() it counts as another try.
  void loaded(core::Result<Library*> library);
  // It has failed for want of its file.
  bool lacks_file() const { return type_ == nullptr && state() == State::kFailed && !stopping_; }
  // `settled` is called once: when it is initialized, or running, or has failed.
  void init(core::Task settled);
  void start(core::Task settled);
  // Ends it for good, in whatever state it is.
  void stop(core::Task stopped);

  // What is paused stays so when a new life follows.
  core::Result<void> pause();
  core::Result<void> resume();
  // Gives a running service its new configuration, or begins a new life with it where the type
  // can't take it, or asks for that; when that life does not come to run, one with the old
  // configuration follows. One that has failed or ended is begun again with it. `done` comes when
  // the service runs with the new configuration, or will have it with its file, or gets an error:
  // it was refused (kServicePhaseFailed, kServicePhaseTimeout), or the service only just starts
  // (kServiceWrongState).
  void reconfigure(std::string config_json, Done done);

 private:
  void begin_life();
  void initialized(core::Result<void> result);
  void begin_start();
  void started(core::Result<void> result);
  core::Result<void> announce();
  void withdraw(State state);
  void fail(core::Error error);
  void settle();
  void end_life();
  void life_ended(const std::shared_ptr<Life>& life, bool leaked);
  void after_life();
  void set_state(State state);
  core::Result<void> change_state(State from, State to, core::Errc gate);
  bool lives() const;
  void has_ended(core::Result<void> result);
  void begin_again();
  void start_again(core::Duration wait);
  void give_config(std::string config_json, Done done);
  void reconfigured(std::string config_json, core::Result<runar_status> result, Done done);
  void begin_trial(std::string config_json, std::optional<std::string> old, Done done);
  void end_trial(const core::Result<void>& result);
  void watch_health();
  void ask_health();
  void set_health(Health health, std::string reason);

  Control& control_;
  InstanceSpec spec_;  // only its configuration changes
  const InstanceId id_;
  const std::shared_ptr<Label> label_;
  Library* library_ = nullptr;
  const ServiceType* type_ = nullptr;
  registry::ServiceRow row_;
  std::shared_ptr<Life> life_;
  std::vector<std::shared_ptr<Life>> leaked_;
  core::Task settled_;
  core::Task stopped_;
  bool stopping_ = false;
  bool paused_ = false;      // by the operator: each life is, until resume()
  bool ending_ = false;      // life_ is being retired
  bool ended_ = false;       // by itself
  bool again_ = false;       // a new life follows at once
  bool restarting_ = false;  // nobody calls start() for this life
  bool reserved_ = false;
  core::Error last_error_{};
  // The next life is the first with a new configuration.
  struct Trial {
    std::optional<std::string> old;  // to go back to
    Done done;
  };
  std::optional<Trial> trial_;
  core::Duration backoff_;
  core::TimePoint runs_since_{};
  core::TimerId restart_timer_ = 0;
  core::TimerId health_timer_ = 0;
  Health health_ = Health::kUnknown;
  std::string health_reason_;
  std::uint32_t restarts_ = 0;
};

}  // namespace runard::plugin_host
