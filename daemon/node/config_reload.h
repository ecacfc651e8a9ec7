// ConfigReload: reads the configuration file again and gives services that run their new settings.
// Whatever else has changed takes a restart, and is said so.
//
// A file with a mistake changes nothing. A service that refuses its settings keeps the old ones,
// and is asked again at the next reload. Threading: begin() on the control strand; the file is read
// on a thread that may wait. One reload at a time; one that is asked for meanwhile follows.
#pragma once

#include <functional>

#include "config/load.h"
#include "core/executor.h"
#include "core/log.h"
#include "plugin_host/host.h"

namespace runard::node {

class ConfigReload {
 public:
  struct Source {
    std::function<config::Loaded()> load;  // reads the file again
    // Before the services, on the control strand: takes what else can change, all of it or nothing.
    std::function<core::Result<void>(config::Config& wanted)> take;
  };
  using Elsewhere = std::function<void(core::Task)>;  // runs it on a thread that may wait
  // Whether all that was new is in force, or why something was refused.
  using Done = core::UniqueFunction<void(core::Result<bool> all_taken)>;

  ConfigReload(core::Executor& control, core::Log log, Source source, Elsewhere elsewhere)
      : control_(control),
        log_(std::move(log)),
        source_(std::move(source)),
        elsewhere_(std::move(elsewhere)) {}

  // `running`: what the node was started with. The host outlives `done`.
  void begin(const config::Config& running, plugin_host::Host& host, Done done);

 private:
  struct Round;
  core::Result<void> take(const Round& round, config::Loaded& loaded) const;
  void read(const std::shared_ptr<Round>& round, config::Loaded loaded);
  void settled(const std::shared_ptr<Round>& round, const std::string& service,
               const core::Result<void>& result);
  void end(const std::shared_ptr<Round>& round);

  core::Executor& control_;
  const core::Log log_;
  const Source source_;
  const Elsewhere elsewhere_;
  bool busy_ = false;
  core::Task next_;  // one that was asked for while busy
};

// The settings of each service that both have and that does not differ in anything else, by
// "network:path".
std::map<std::string, std::string> common_settings(const config::Config& running,
                                                   const config::Config& wanted);
// Whether they differ in more than the settings of those services.
bool differs_elsewhere(const config::Config& running, const config::Config& wanted);

}  // namespace runard::node
