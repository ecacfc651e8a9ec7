// Life: one life of one service, from create to destroy, on the control strand.
//
// Phases run on the instance's strand; here they get their deadlines. A phase that hangs counts as
// failed at its deadline. retire() ends a life in whatever state it is: drain, stop, answer what is
// left, cancel, destroy; what can't be destroyed because plugin code is still inside, or memory of
// it is still in use, is given up as leaked, and destroyed if it comes to rest after all.
#pragma once

#include <memory>

#include "plugin_host/control.h"
#include "plugin_host/instance.h"
#include "plugin_host/spec.h"

namespace runard::plugin_host {

class Life : public std::enable_shared_from_this<Life> {
 public:
  using Done = core::UniqueFunction<void(core::Result<void>)>;
  using StatusDone = core::UniqueFunction<void(core::Result<runar_status>)>;

  Life(Control& control, std::shared_ptr<const Label> label, const ServiceType& type,
       const InstanceSpec& spec);

  Context& context() { return context_; }
  Instance& instance() { return *instance_; }
  bool gone() const { return instance_ == nullptr; }

  void create_and_init(Done done);
  void start(Done done);
  // While it runs, when may_begin() says so, and the type has the function.
  void check_health(Done done);
  void reconfigure(std::string config_json, StatusDone done);
  // No phase runs, and it is not being retired.
  bool may_begin() const { return running_ == Phase::kNone && stage_ == Stage::kAlive; }
  // A phase that has missed its deadline is still inside the plugin.
  bool hangs() const { return hung_; }
  std::string busy_with() const { return phase_text(running_); }
  // The service may end by itself; told once, on the control strand.
  void on_end(Done ended);
  // Once. The gate is closed and nothing is routed here any more. `done` gets an error when the
  // life had to be given up for now.
  void retire(Done done);
  // After a life that was given up is gone after all.
  void on_gone(core::Task task) { on_gone_ = std::move(task); }

 private:
  enum class Stage : std::uint8_t {
    kAlive,
    kDrain,
    kStop,
    kClose,
    kQuiet,
    kDestroy,
    kEmpty,
    kGone
  };
  static constexpr core::Duration kTick = std::chrono::milliseconds(2);
  static constexpr core::Duration kSlowTick = std::chrono::seconds(1);

  struct Work {
    Phase phase;
    core::Duration timeout;
    std::string argument{};
  };
  void begin(Work work, StatusDone done);
  void begin(Phase phase, core::Duration timeout, Done done);
  void phase_ended(core::Result<runar_status> result);
  void phase_timed_out(Phase phase);
  void settle(core::Result<runar_status> result);

  void tick();
  bool advance();  // true: look again at once
  bool drain();
  bool close();
  bool wait_quiet();
  bool wait_empty();
  bool is_at_rest() const;
  void report(core::Result<void> result);

  Control& control_;
  const InstanceSpec& spec_;
  Context& context_;
  std::unique_ptr<Instance> instance_;
  bool started_ = false;

  Phase running_ = Phase::kNone;
  bool hung_ = false;  // running_ has missed its deadline
  StatusDone settle_;
  core::TimerId phase_timer_ = 0;

  Stage stage_ = Stage::kAlive;
  core::TimePoint stage_ends_{};
  Done retired_;
  core::Task on_gone_;
};

}  // namespace runard::plugin_host
