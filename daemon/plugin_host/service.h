// Service: one service instance as the operator configured it, over all its lives. On the control
// strand.
//
// created -> initialized -> starting -> running <-> paused -> stopping -> stopped; or failed, from
// where it is tried again with backoff if the spec says so. Its actions become visible in one batch
// after start, and are gone before stop. `stop` of the plugin is called only if its `start` was
// successful.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin_host/life.h"
#include "plugin_host/spec.h"

namespace runard::plugin_host {

class Service : public std::enable_shared_from_this<Service> {
 public:
  using State = registry::ServiceState;

  Service(Control& control, InstanceSpec spec, InstanceId id);

  const InstanceSpec& spec() const { return spec_; }
  InstanceId id() const { return id_; }
  State state() const { return row_.state; }
  InstanceStatus status() const;

  // Its plugin file, or why there is none.
  void loaded(core::Result<Library*> library);
  // `settled` is called once: when it is initialized, or running, or has failed.
  void init(core::Task settled);
  void start(core::Task settled);
  // Ends it for good, in whatever state it is.
  void stop(core::Task stopped);

  core::Result<void> pause();
  core::Result<void> resume();

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

  Control& control_;
  const InstanceSpec spec_;
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
  bool ending_ = false;      // life_ is being retired
  bool restarting_ = false;  // nobody calls start() for this life
  bool reserved_ = false;
  core::Error last_error_{};
  core::Duration backoff_;
  core::TimerId restart_timer_ = 0;
  std::uint32_t restarts_ = 0;
};

}  // namespace runard::plugin_host
