// ConfigReload: reads the configuration file again, has the node take what it can, and gives
// services that run their new settings. Whatever else has changed takes a restart, and is said so.
//
// A file with a mistake, or one that the node can't take, changes nothing. A service that refuses
// its settings keeps the old ones, and is asked again at the next reload. Threading: begin() on the
// control strand; the file is read on a thread that may wait. One reload at a time; those
// asked for meanwhile, at most kMaxWaiting, are one that follows.
#pragma once

#include <functional>
#include <vector>

#include "config/load.h"
#include "core/executor.h"
#include "core/log.h"
#include "plugin_host/host.h"

namespace runard::node {

class ConfigReload {
 public:
  static constexpr std::size_t kMaxWaiting = 64;

  using Load = std::function<config::Loaded()>;       // reads the file again
  using Elsewhere = std::function<void(core::Task)>;  // runs it on a thread that may wait
  // What is not a service's: all of it is taken, also into what is running, or nothing.
  using Take = std::function<core::Result<void>(const config::Config&)>;
  // All that was new is in force, or the first reason why not; each is logged. kOverloaded: too
  // many wait.
  using Done = core::UniqueFunction<void(const core::Result<void>&)>;

  ConfigReload(core::Executor& control, core::Log log, Load load, Elsewhere elsewhere, Take take)
      : control_(control),
        log_(std::move(log)),
        load_(std::move(load)),
        elsewhere_(std::move(elsewhere)),
        take_(std::move(take)) {}

  // `running`: what is in force; it gets the new settings of the services that took them. It and
  // the host outlive `done`.
  void begin(config::Config& running, plugin_host::Host& host, Done done);

 private:
  struct Round;
  void read(const std::shared_ptr<Round>& round, config::Loaded loaded);
  core::Result<void> take(Round& round, config::Loaded& loaded);
  void reconfigure(const std::shared_ptr<Round>& round, const config::Config& wanted);
  void settled(const std::shared_ptr<Round>& round, const std::string& service,
               const core::Result<void>& result);
  void end(const std::shared_ptr<Round>& round);

  core::Executor& control_;
  const core::Log log_;
  const Load load_;
  const Elsewhere elsewhere_;
  const Take take_;
  bool busy_ = false;
  std::vector<Done> waiting_;  // asked for while busy
};

// The settings of each service that both have and that does not differ in anything else, by
// "network:path".
std::map<std::string, std::string> common_settings(const config::Config& running,
                                                   const config::Config& wanted);
// The keys ("limits.payload") that are not the same in both, but for the settings of services.
std::vector<std::string> keys_that_differ(const config::Config& running,
                                          const config::Config& wanted);

}  // namespace runard::node
