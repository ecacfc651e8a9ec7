#include "node/instance_specs.h"

#include <algorithm>

#include "plugin_host/manifest.h"
#include "plugin_host/plugin_store.h"

namespace runard::node {
namespace {

std::string data_dir(const config::Config& config, const std::string& network,
                     const std::string& mount) {
  std::string folder = network + "/" + mount;
  std::replace(folder.begin() + static_cast<std::ptrdiff_t>(network.size()) + 1, folder.end(), '/',
               '%');
  return (std::filesystem::path(config.node.state_dir) / "data" / folder).string();
}

plugin_host::Restart restart_of(config::Restart restart) {
  switch (restart) {
    case config::Restart::kNo:
      return plugin_host::Restart::kNever;
    case config::Restart::kOnFailure:
      return plugin_host::Restart::kOnFailure;
    case config::Restart::kAlways:
      break;
  }
  return plugin_host::Restart::kAlways;
}

}  // namespace

std::filesystem::path plugin_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(folder, error);
  return error ? folder.lexically_normal() : real;
}

std::filesystem::path plugin_file(const config::Plugins& plugins, const std::string& file) {
  const std::filesystem::path path = std::filesystem::path(plugins.dir) / file;
  return plugin_folder(path.parent_path()) / path.filename();
}

core::Result<std::vector<plugin_host::InstanceSpec>> configured_instances(
    const config::Config& config) {
  std::vector<plugin_host::InstanceSpec> specs;
  for (const config::Plugin& plugin : config.plugins.load) {
    const auto allow = policy::Allowance::of(plugin);
    if (!allow) {
      return allow.error();
    }
    for (const config::Service& service : plugin.services) {
      plugin_host::InstanceSpec spec;
      spec.file = plugin_file(config.plugins, plugin.file);
      spec.allow = *allow;
      spec.type = service.type;
      spec.path = service.path;
      spec.network = service.network;
      spec.after = service.after;
      spec.restart = restart_of(service.restart);
      spec.health_interval = service.health_interval;
      spec.timeouts.init = service.init_timeout;
      spec.timeouts.start = service.start_timeout;
      spec.timeouts.stop = service.stop_timeout;
      spec.backoff = {service.backoff.min, service.backoff.max};
      spec.config_json = service.config.json;
      spec.data_dir = data_dir(config, service.network, service.path);
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

core::Result<std::vector<plugin_host::InstanceSpec>> dropped_instances(
    const std::string& file, const config::Config& config) {
  const auto bytes = plugin_host::read_plugin_file(file);
  if (!bytes) {
    return bytes.error();
  }
  const auto manifest = plugin_host::read_manifest(*bytes);
  if (!manifest) {
    return manifest.error();
  }
  std::vector<plugin_host::InstanceSpec> specs;
  for (const std::string& type : manifest->services) {
    plugin_host::InstanceSpec spec;
    spec.file = file;
    spec.type = type;
    spec.path = type;
    spec.network = config.networks.default_name;
    spec.restart = plugin_host::Restart::kOnFailure;
    spec.data_dir = data_dir(config, spec.network, spec.path);
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace runard::node
