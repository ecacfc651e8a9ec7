// PluginWorld: a plugin host with the smallest possible daemon around it: a control strand on a
// thread of its own, a dispatcher that knows local services only, a directory, a broker, and a log
// that can be read.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/clock.h"
#include "plugin_host/host.h"
#include "plugin_host/ports.h"
#include "support/asker.h"
#include "support/thread_executor.h"

namespace runard::test {

// Routes exact paths to local endpoints; hands the responder through.
class TinyDispatcher final : public rpc::Handler {
 public:
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket ticket) override;
  void put(const registry::ServiceRow& row, rpc::Handler& endpoint);
  void drop(const std::string& network, const std::string& path);

 private:
  struct Route {
    std::string network, path;
    rpc::Handler* endpoint;
    std::uint32_t action;
    std::uint32_t mount;  // bytes
  };
  using Table = std::vector<Route>;
  void publish(Table next);
  std::mutex mutex_;                                  // of writers
  std::vector<std::unique_ptr<const Table>> tables_;  // all there ever were
  std::atomic<const Table*> current_{nullptr};
};

class TinyDirectory final : public plugin_host::Directory {
 public:
  explicit TinyDirectory(TinyDispatcher& dispatcher) : dispatcher_(dispatcher) {}
  core::Result<void> reserve(plugin_host::InstanceId instance,
                             const registry::ServiceRow& row) override;
  core::Result<void> running(plugin_host::InstanceId instance, const registry::ServiceRow& row,
                             rpc::Handler& endpoint) override;
  void state_changed(plugin_host::InstanceId instance, const registry::ServiceRow& row) override;
  void withdraw(plugin_host::InstanceId instance) override;
  std::optional<core::NodeId> find_node(std::string_view name) const override {
    return name == node_name ? std::optional(core::NodeId{}) : std::nullopt;
  }

  // Every state that the service of that path went through: "created initialized starting running".
  std::string history(const std::string& path);
  // Paths that are refused.
  std::string taken;
  std::string node_name = "here";                  // this node's
  std::map<std::string, rpc::Handler*> endpoints;  // by path; the last one, also when withdrawn

 private:
  TinyDispatcher& dispatcher_;
  std::mutex mutex_;
  std::map<std::string, std::string> history_;
  std::map<plugin_host::InstanceId, registry::ServiceRow> rows_;
};

// Delivers at once to every queue whose pattern matches; queues hold ten events.
class TinyBroker final : public rpc::Broker {
 public:
  rpc::Receipt publish(const rpc::Event& event, const rpc::PublishOptions& options) override;
  core::Result<std::shared_ptr<rpc::EventQueue>> subscribe(rpc::SubscribeOptions options,
                                                           rpc::EventConsumer& consumer) override;
  std::size_t subscriptions();
  std::vector<rpc::Verdict> verdicts();
  std::vector<core::ProfileId> recipients();  // that the last event named
  void close_all();
  // What was asked for last.
  std::atomic<core::Duration> retain_for{}, include_past{};

 private:
  class Queue;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Queue>> queues_;
  std::vector<rpc::Verdict> verdicts_;
  std::vector<core::ProfileId> recipients_;
};

class PluginWorld {
 public:
  // `change` may adjust the options before the host is made; `calls` and `directory` may stand in
  // for the tiny ones.
  using Change = std::function<void(plugin_host::Options&)>;
  explicit PluginWorld(const Change& change = {}, rpc::Handler* calls = nullptr,
                       plugin_host::Directory* directory = nullptr,
                       plugin_host::Secrets* secrets = nullptr);
  ~PluginWorld();
  PluginWorld(const PluginWorld&) = delete;
  PluginWorld& operator=(const PluginWorld&) = delete;

  static std::filesystem::path plugin(const std::string& name);
  static plugin_host::InstanceSpec spec(const std::string& plugin, const std::string& type,
                                        const std::string& path, std::string config = "{}");

  // Adds them and waits until each runs or has failed.
  core::Result<void> add(std::vector<plugin_host::InstanceSpec> specs);
  void stop();  // the whole host
  void remove(const std::string& name);
  plugin_host::InstanceStatus status(const std::string& path);
  registry::ServiceState state(const std::string& path) { return status(path).row.state; }
  core::Result<void> pause(const std::string& path);
  core::Result<void> resume(const std::string& path);
  core::Result<void> reconfigure(const std::string& path, const std::string& config);
  std::size_t file_changed(const std::filesystem::path& file);

  // A request from outside: "math/add" in the network main.
  Answer ask(const std::string& path, const std::string& payload = "",
             core::Duration timeout = 10s);
  rpc::Ticket ask_async(Asker& asker, const std::string& path, const std::string& payload = "",
                        core::Duration timeout = 10s, std::uint32_t flags = 0);

  std::string log_text();
  bool logged(const std::string& part) { return log_text().find(part) != std::string::npos; }

  core::SystemClock clock;
  ThreadExecutor control;
  TinyDispatcher dispatcher;
  TinyDirectory directory{dispatcher};
  TinyBroker broker;
  std::filesystem::path folder;
  std::unique_ptr<plugin_host::Host> host;

 private:
  rpc::Handler& calls_;
  std::mutex log_mutex_;
  std::string log_;
  bool stopped_ = false;
};

}  // namespace runard::test
