// LocalNode: everything of a node that needs no other node: registry, calls, events, plugins, the
// system's services and the control socket. Built in the order of its members; stopped by stop(),
// then destroyed in the reverse order.
//
// Control strand only, but for what the members themselves allow.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "admin/control_server.h"
#include "calls/dispatcher.h"
#include "config/config.h"
#include "core/random.h"
#include "node/asio_executor.h"
#include "node/folder_watch.h"
#include "node/local_directory.h"
#include "node/private_fields.h"
#include "node/service_control.h"
#include "node/service_secrets.h"
#include "plugin_host/host.h"
#include "policy/gate.h"
#include "pubsub/broker.h"
#include "registry/registry.h"
#include "sealing/codec.h"
#include "sealing/recipients.h"
#include "system/events_service.h"
#include "system/registry_events.h"
#include "system/registry_service.h"

namespace runard::node {

// What every part is given.
struct Context {
  boost::asio::io_context& io;  // the control strand: one thread runs it
  AsioExecutor& control;
  const core::Clock& clock;
  core::Random& random;
  core::Log log;
  std::string version;
};

class LocalNode {
 public:
  LocalNode(const Context& context, const config::Config& config, std::uint64_t epoch);

  // Adds to what the control socket shows as the status. Before start().
  void on_status(std::function<void(boost::json::object&)> more) { more_status_ = std::move(more); }

  // Whom private fields are sealed to. Before start(); null: nobody.
  void set_recipients(const sealing::Recipients* recipients, sealing::Codec* codec) {
    recipients_ = recipients;
    codec_ = codec;
  }
  // What services encrypt under what they store. Before start(); outlives the LocalNode.
  void set_storage(const keys::Storage* storage) { secrets_.set(storage); }
  // Methods of the control socket that other parts answer; see admin::ControlSources::more.
  using Control = std::function<bool(std::string_view method, const boost::json::object& params,
                                     admin::ControlAnswer& answer)>;
  void on_control(Control more) { controls_.push_back(std::move(more)); }

  // Opens the control socket, then loads the plugins; `ready` comes when each configured service
  // runs or has failed.
  core::Result<void> start(core::Task ready);
  // Tries plugin files again that could not be loaded, and to watch their folder.
  void retry_files();
  // Services first, then subscriptions and control socket. `done` comes once, `ready` no more.
  void stop(core::Task done);

  // How many services of plugins run now.
  std::size_t running_services() const;

  registry::Registry& registry() { return registry_; }
  calls::Dispatcher& calls() { return calls_; }
  pubsub::Broker& broker() { return broker_; }
  system::RegistryEvents& events() { return events_; }
  plugin_host::Host& plugins() { return plugins_; }
  PrivateFields& private_fields() { return private_fields_; }
  policy::Gate& gate() { return gate_; }

 private:
  void plugin_appeared(const std::string& file, FolderWatch::Cause cause);
  void enable(const std::string& file, core::Result<std::vector<plugin_host::InstanceSpec>> specs);
  void retry_dropped();
  boost::json::array failed_plugins() const;
  void expire_retained();
  admin::ControlSources control_sources();
  boost::json::object status() const;

  const Context context_;
  const config::Config& config_;
  const core::TimePoint began_;
  policy::Gate gate_;
  registry::Registry registry_;
  calls::Dispatcher calls_;
  pubsub::Broker broker_;
  system::RegistryEvents events_;
  LocalDirectory directory_;
  PrivateFields private_fields_;
  HostControl host_control_;
  ServiceSecrets secrets_;
  std::vector<std::unique_ptr<system::RegistryService>> registry_services_;  // one a network
  std::vector<std::unique_ptr<system::EventsService>> events_services_;      // one a network
  plugin_host::Host plugins_;
  plugin_host::IoThread io_thread_{plugins_};  // this one: it runs PROMPT handlers
  std::optional<FolderWatch> folder_;
  std::set<std::string> enabled_files_;
  // Dropped files that could not be run, with why; at most kMaxFailedFiles.
  std::map<std::string, core::Error> failed_files_;
  bool stopping_ = false;
  admin::ControlServer server_;
  std::function<void(boost::json::object&)> more_status_;
  const sealing::Recipients* recipients_ = nullptr;
  sealing::Codec* codec_ = nullptr;
  std::vector<Control> controls_;
  boost::asio::thread_pool files_{1};  // reads dropped files; joined first
};

}  // namespace runard::node
