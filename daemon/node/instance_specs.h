// From the configuration, or from a dropped file's manifest, to what the plugin host is asked to
// run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"
#include "plugin_host/spec.h"

namespace runard::node {

// One spelling for each folder and for each file in it, however the configuration writes it
// (slashes,
// "..", links on the way): files are told apart by it. Looks at the disk.
std::filesystem::path plugin_folder(const std::filesystem::path& folder);
std::filesystem::path plugin_file(const config::Plugins& plugins, const std::string& file);

// All services of all configured plugins, in the order of the file. Errors: Allowance::of's.
core::Result<std::vector<plugin_host::InstanceSpec>> configured_instances(
    const config::Config& config);

// plugins.auto_enable: each service type of the file, mounted at its own name on the default
// network. kPlugin* errors.
core::Result<std::vector<plugin_host::InstanceSpec>> dropped_instances(
    const std::string& file, const config::Config& config);

}  // namespace runard::node
