#include "node/local_node.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <utility>

#include "config/show.h"
#include "core/check.h"
#include "crypto/digest.h"
#include "node/authorization.h"
#include "node/instance_specs.h"
#include "node/label_views.h"
#include "node/told_services.h"
#include "policy/from_config.h"

namespace runard::node {
namespace json = boost::json;

namespace {

constexpr core::Duration kExpireInterval = std::chrono::seconds(10);
constexpr std::size_t kMaxFailedFiles = 256;

std::vector<std::string> networks_of(const config::Config& config) {
  std::vector<std::string> networks = {config.networks.default_name};
  for (const std::string& network : config.networks.join) {
    if (network != networks.front()) {
      networks.push_back(network);
    }
  }
  return networks;
}

// The loader has checked it.
std::shared_ptr<const policy::Policy> policy_of(const config::Config& config) {
  auto policy = policy::from_config(config.authorization);
  RUNARD_CHECK(policy.has_value());
  return std::move(*policy);
}

plugin_host::Options host_options(const Context& context, const config::Config& config) {
  plugin_host::Options options{
      context.control,
      context.clock,
      context.log.component("plugins"),
      std::filesystem::path(config.node.state_dir) / "plugins",
      [](core::ByteView bytes) { return crypto::hex(crypto::sha256(bytes)); },
      config.node.workers.value_or(0),
      4,
      {},
      {}};
  options.limits.payload = config.limits.payload;
  return options;
}

calls::Options call_options(const config::Config& config, const policy::Gate& gate) {
  calls::Options options;
  options.gate = &gate;
  options.default_timeout = config.request_timeout;
  options.payload_limit = config.limits.payload;
  return options;
}

}  // namespace

LocalNode::LocalNode(const Context& context, const config::Config& config, std::uint64_t epoch)
    : context_(context),
      config_(config),
      began_(context.clock.now()),
      gate_(policy_of(config), context.log.component("policy")),
      registry_(config.node.name, networks_of(config), context.random.next()),
      calls_(call_options(config, gate_), registry_, context.clock, context.control),
      broker_(registry_, context.clock, epoch, context.random.next()),
      events_(broker_),
      directory_(registry_, events_),
      private_fields_(config.encryption),
      host_control_(context.control),
      plugins_(host_options(context, config),
               plugin_host::Ports{calls_, broker_, directory_, &private_fields_, &secrets_}),
      server_(context.io,
              {config.control.socket, config.control.group, context.version, config.request_timeout,
               config.limits.payload},
              control_sources(), calls_, broker_, registry_, context.clock,
              context.log.component("admin")) {
  host_control_.set_host(&plugins_);
  registry_.set_log(context.log.component("mesh"));
  broker_.set_gate(gate_);
  on_control(
      [this](std::string_view method, const json::object& params, admin::ControlAnswer& answer) {
        if (method != "can_i") {
          return false;
        }
        answer(can_i(gate_, registry_, params));
        return true;
      });
  for (const std::string& network : registry_.networks()) {
    auto& service = registry_services_.emplace_back(std::make_unique<system::RegistryService>(
        network, registry_, host_control_,
        [this](const core::NodeId& peer, registry::ServiceRow& row) {
          return keep_told(gate_, peer, {row.network, row.path}, row.actions);
        }));
    registry_.put_system(service->row(), *service);
    auto& events = events_services_.emplace_back(
        std::make_unique<system::EventsService>(network, broker_, config.limits.payload));
    registry_.put_system(events->row(), *events);
  }
}

admin::ControlSources LocalNode::control_sources() {
  return {
      [this] { return status(); },
      [this] { return config::show(config_, config::ShowAs::kYaml); },
      [this] { return config::show(config_, config::ShowAs::kJson); },
      [this](std::string_view method, const json::object& params, admin::ControlAnswer& answer) {
        const bool is_taken = std::ranges::any_of(
            controls_, [&](const Control& control) { return control(method, params, answer); });
        if (!is_taken && method.starts_with("token.")) {
          answer(core::fail(core::Errc::kNotFound, "this node is no issuer", core::Executed::kNo));
          return true;
        }
        return is_taken;
      },
      [this] { return label_rows(private_fields_); },
      [this](const std::string& label, const std::string& network) {
        return label_readers(private_fields_, recipients_, label, network);
      },
      [this](const std::string& schema) { return private_fields_.type_of(schema); },
      [this](const std::string& name) { return find_profile(recipients_, name); },
      [this](const rpc::Request& request) { return withheld_of(codec_, request); }};
}

core::Result<void> LocalNode::start(core::Task ready) {
  if (auto listening = server_.listen(); !listening) {
    return listening;
  }
  for (const config::Plugin& plugin : config_.plugins.load) {
    enabled_files_.insert(plugin_file(config_.plugins, plugin.file).string());
  }
  const bool below = std::any_of(
      config_.plugins.load.begin(), config_.plugins.load.end(),
      [](const config::Plugin& p) { return !std::filesystem::path(p.file).is_absolute(); });
  if (config_.plugins.auto_enable || below) {
    folder_.emplace(
        context_.io, FolderWatch::What{plugin_folder(config_.plugins.dir), ".so", true},
        [this](const std::string& file, FolderWatch::Cause cause) { plugin_appeared(file, cause); },
        context_.log.component("plugins"));
  }
  auto specs = configured_instances(config_);
  if (!specs) {
    return specs.error();
  }
  expire_retained();
  if (auto added = plugins_.add(std::move(*specs),
                                [this, ready = std::move(ready)]() mutable {
                                  if (!stopping_) {
                                    ready();
                                  }
                                });
      !added) {
    return added;
  }
  if (folder_) {
    folder_->start();  // after the configured ones, which so get their paths
  }
  return {};
}

void LocalNode::retry_files() {
  for (const std::string& file : enabled_files_) {
    plugins_.file_changed(file);
  }
  if (folder_) {
    retry_dropped();
  }
}

void LocalNode::retry_dropped() {
  if (!folder_->is_watching()) {
    folder_->start();
    return;
  }
  for (const auto& [file, why] : std::exchange(failed_files_, {})) {
    std::error_code gone;
    if (std::filesystem::exists(file, gone)) {
      plugin_appeared(file, FolderWatch::Cause::kFound);
    }
  }
}

void LocalNode::plugin_appeared(const std::string& file, FolderWatch::Cause cause) {
  const core::Log log = context_.log.component("plugins");
  if (enabled_files_.contains(file)) {
    if (cause != FolderWatch::Cause::kFound && plugins_.file_changed(file) > 0) {
      log.info("a plugin file has changed: services that lacked it are tried again",
               {core::field("file", file)});
    } else if (cause == FolderWatch::Cause::kWritten) {
      log.info("a plugin file that runs already was replaced; the old code stays until a restart",
               {core::field("file", file)});
    }
    return;
  }
  if (!config_.plugins.auto_enable) {
    if (cause == FolderWatch::Cause::kWritten) {
      log.info("a plugin file that the configuration does not name is left alone",
               {core::field("file", file)});
    }
    return;
  }
  enabled_files_.insert(file);
  failed_files_.erase(file);
  // A file may be large and on a slow disk: it is read beside the control strand.
  boost::asio::post(files_, [this, file] {
    auto specs = dropped_instances(file, config_);
    context_.control.post(
        [this, file, specs = std::move(specs)]() mutable { enable(file, std::move(specs)); });
  });
}

void LocalNode::enable(const std::string& file,
                       core::Result<std::vector<plugin_host::InstanceSpec>> specs) {
  if (stopping_) {
    return;
  }
  core::Result<void> added =
      specs ? plugins_.add(std::move(*specs), [] {}) : core::Result<void>(specs.error());
  if (!added) {
    enabled_files_.erase(file);
    if (failed_files_.size() < kMaxFailedFiles) {
      failed_files_.insert_or_assign(file, added.error());
    }
    context_.log.component("plugins").error(
        "a dropped plugin can't be run",
        {core::field("file", file), core::field("why", core::describe(added.error())),
         core::field("do", std::string(core::info(added.error().code).remedy))});
  }
}

// Those that were taken away meanwhile are nobody's trouble.
json::array LocalNode::failed_plugins() const {
  json::array failed;
  for (const auto& [file, why] : failed_files_) {
    std::error_code gone;
    if (std::filesystem::exists(file, gone)) {
      failed.push_back({{"file", file}, {"why", core::describe(why)}});
    }
  }
  return failed;
}

void LocalNode::expire_retained() {
  broker_.expire();
  context_.control.after(kExpireInterval, [this] { expire_retained(); });
}

void LocalNode::stop(core::Task done) {
  stopping_ = true;
  if (folder_) {
    folder_->stop();
  }
  plugins_.stop([this, done = std::move(done)]() mutable {
    broker_.stop();
    server_.stop();
    done();
  });
}

std::size_t LocalNode::running_services() const {
  const auto services = plugins_.status();
  return static_cast<std::size_t>(std::ranges::count_if(services, [](const auto& service) {
    return service.row.state == registry::ServiceState::kRunning;
  }));
}

json::object LocalNode::status() const {
  const registry::NodeRows local = registry_.local();
  const pubsub::Broker::Losses losses = broker_.losses();
  json::array services;
  for (const plugin_host::InstanceStatus& s : plugins_.status()) {
    const std::string_view state = registry::state_text(s.row.state);
    services.push_back(
        {{"network", s.row.network},
         {"path", s.row.path},
         {"plugin", s.plugin},
         {"plugin_version", s.plugin_version},
         {"file", s.file.string()},
         {"sha256", s.hash},
         {"state", json::string(state.data(), state.size())},
         {"last_error", s.last_error.about.empty() ? json::value(nullptr)
                                                   : json::value(core::describe(s.last_error))},
         {"health", std::string(plugin_host::health_text(s.health))},
         {"health_reason", s.health_reason},
         {"restarts", s.restarts},
         {"stuck", s.stuck},
         {"in_flight", s.in_flight},
         {"stale_answers", s.stale_answers},
         {"abandoned", s.abandoned},
         {"exceptions", s.exceptions}});
    const auto lost = losses.find(s.row.network + ":" + s.row.path);
    services.back().as_object()["events_lost"] = lost == losses.end() ? 0 : lost->second;
    json::array actions;
    for (const plugin_host::ActionStatus& action : s.actions) {
      actions.push_back({{"name", action.pattern},
                         {"requests", action.requests},
                         {"failures", action.failures},
                         {"p50_ns", action.p50.count()},
                         {"p99_ns", action.p99.count()}});
    }
    services.back().as_object()["actions"] = std::move(actions);
  }
  const calls::Stats calls = calls_.stats();
  const pubsub::Stats events = broker_.stats();
  json::object status = {{"version", context_.version},
                         {"node",
                          {{"name", local.name},
                           {"id", local.node.is_zero() ? std::string() : local.node.text()},
                           {"pid", getpid()}}},
                         {"uptime_ns", (context_.clock.now() - began_).count()},
                         {"networks", json::value_from(registry_.networks())},
                         {"mode", "local-only"},
                         {"services", std::move(services)},
                         {"failed_plugins", failed_plugins()},
                         {"authorization", authorization_status(gate_.stats(), config_)},
                         {"calls",
                          {{"total", calls.calls},
                           {"failed", calls.failed},
                           {"failovers", calls.failovers},
                           {"timeouts", calls.timeouts},
                           {"in_flight", calls.open}}},
                         {"events",
                          {{"published", events.published},
                           {"refused", events.refused},
                           {"delivered", events.delivered},
                           {"lost", events.lost},
                           {"lost_by", json::value_from(losses)},
                           {"sent", events.sent},
                           {"lost_to_peers", events.peer_losses},
                           {"subscriptions", events.subscriptions}}}};
  if (more_status_) {
    more_status_(status);
  }
  return status;
}

}  // namespace runard::node
