// Host: the plugin host: loads plugin files, runs the lives of their service instances, and is the
// daemon's side of the ABI.
//
// All inits of one add() come before any of its starts; starts honour `after`. A service that fails
// is reported, tried again if its spec says so, and harms no other. Worker threads are started with
// the first service.
// Threading: every method on the control strand (Options::control); callbacks come there too.
// Lifetime: stop() first. A thread that is stuck inside a plugin is left alone; what it may still
// touch lives as long as it.
#pragma once

#include <map>
#include <memory>

#include "plugin_host/control.h"
#include "plugin_host/service.h"
#include "plugin_host/spec.h"
#include "plugin_host/watchdog.h"

namespace runard::plugin_host {

struct Options {
  core::Executor& control;
  const core::Clock& clock;     // on the timeline of core::SystemClock: plugins read that one
  core::Log log;                // carries the node
  std::filesystem::path store;  // the private folder for copies of plugin files
  HashFn hash;
  std::uint32_t workers = 0;        // 0: as many as there are cores, at least 2
  std::uint32_t spare_workers = 4;  // in place of workers that are stuck in a plugin
  Limits limits{};
  WatchdogLimits watchdog{};
};

class Host {
 public:
  using Done = core::UniqueFunction<void(core::Result<void>)>;

  Host(Options options, Ports ports);
  ~Host();

  // kConfigInvalid (an `after` that is unknown or goes in a circle), kConflict (a name or a mount
  // that is taken), kServiceStopping: then nothing was begun. `done` comes when each of them runs
  // or has failed; see status() for which.
  core::Result<void> add(std::vector<InstanceSpec> specs, core::Task done);
  // Stops one and forgets it.
  core::Result<void> remove(std::string_view name, core::Task done);
  // Stops all, in the reverse order of `after`. What has not begun to start is not started any
  // more, and add() refuses from now on.
  void stop(core::Task done);

  // A plugin file has changed: services that failed for want of it are tried again. How many.
  std::size_t file_changed(const std::filesystem::path& file);
  // The new configuration of one: see Service::reconfigure. kNotFound: there is no such instance.
  void reconfigure(std::string_view name, std::string config_json, Done done);

  core::Result<void> pause(std::string_view network, std::string_view path);
  core::Result<void> resume(std::string_view network, std::string_view path);

  std::vector<InstanceStatus> status() const;

 private:
  friend class IoThread;
  struct Batch;
  enum class Stopping : std::uint8_t { kWaiting, kBegun, kStopped };
  using Services = std::map<std::string, std::shared_ptr<Service>, std::less<>>;  // by name

  core::Result<void> check(const std::vector<InstanceSpec>& specs) const;
  void start_threads();
  void load(const std::shared_ptr<Batch>& batch);
  void init_all(const std::shared_ptr<Batch>& batch);
  void start_ready(const std::shared_ptr<Batch>& batch);
  void stop_ready();
  void forget(const std::string& name);
  core::Result<Service*> find(std::string_view network, std::string_view path) const;

  const Options options_;
  std::shared_ptr<Runtime> runtime_;
  std::shared_ptr<Libraries> libraries_;
  Control control_;
  Watchdog watchdog_;
  Services services_;
  InstanceId last_id_ = 0;
  bool threads_started_ = false;
  bool stops_ = false;  // stop() was called
  core::Task stopped_;
  std::map<Service*, Stopping> stopping_;  // while stop() runs
};

// Declares that the calling thread does the daemon's I/O: it runs PROMPT handlers and no others.
// The host outlives it.
class IoThread {
 public:
  explicit IoThread(Host& host);

 private:
  ThreadScope scope_;
};

}  // namespace runard::plugin_host
