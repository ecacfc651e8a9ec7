// The lifecycle part of the test host: loading, phases, stopping, and looking for what was left.
#pragma once

#include <runar/testing/host.hpp>

namespace runar::testing {

inline const runar_plugin& Host::load(runar_plugin_v1_fn entry) {
  ErrorText error;
  const runar_plugin* plugin = entry(&table::get(), reinterpret_cast<runar_err*>(&error));
  if (plugin == nullptr) {
    throw Error(error.code, "the plugin refused to load: " + error.text);
  }
  plugins_.push_back(plugin);
  return *plugin;
}

inline const runar_plugin& Host::load(const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = handle == nullptr ? nullptr : dlsym(handle, "runar_plugin_v1");
  if (entry == nullptr) {
    throw Error(RUNAR_E_INVALID, dlerror());  // NOLINT(concurrency-mt-unsafe): one test thread
  }
  return load(reinterpret_cast<runar_plugin_v1_fn>(entry));
}

inline const runar_service_type* Host::find_type(std::string_view name) const {
  for (const runar_plugin* plugin : plugins_) {
    for (std::size_t i = 0; i < plugin->type_count; ++i) {
      if (detail::view(plugin->types[i]->name) == name) {
        return plugin->types[i];
      }
    }
  }
  throw Error(RUNAR_E_NOT_FOUND, "no loaded plugin has the service type " + std::string(name));
}

inline Service Host::create(std::string_view type, const RunOptions& options) {
  auto made = std::make_unique<InstanceRow>();
  InstanceRow& row = *made;
  row.core = &core_;
  row.type = find_type(type);
  row.path = options.path.empty() ? std::string(type) : options.path;
  row.network = options.network;
  row.name = row.network + ":" + row.path;
  row.config = options.config;
  row.data_dir = options.data_dir;
  {
    const std::lock_guard lock(core_.mutex);
    core_.instances.push_back(std::move(made));
  }
  auto args = detail::sized<runar_service_args>();
  args.path = detail::str(row.path);
  args.network = detail::str(row.network);
  args.instance = detail::str(row.name);
  args.config_json = detail::str(row.config);
  args.data_dir = detail::str(row.data_dir);
  ErrorText error;
  const runar_status status = core_.strand.inside([&] {
    return row.type->create(Core::handle(row), &args, &row.self,
                            reinterpret_cast<runar_err*>(&error));
  });
  if (status < 0) {
    row.dead = true;
    throw Error(status, error.text);
  }
  return Service(row);
}

inline runar_status Host::enter_phase(InstanceRow& row, std::uint32_t which, ErrorText& error) {
  auto* err = reinterpret_cast<runar_err*>(&error);
  return core_.strand.inside([&] {
    switch (which) {
      case RUNAR_PHASE_INIT:
        return row.type->init(row.self, Core::handle(row), err);
      case RUNAR_PHASE_START:
        return row.type->start(row.self, Core::handle(row), err);
      default:
        return row.type->stop(row.self, Core::handle(row), now() + 10'000'000'000, err);
    }
  });
}

inline void Host::phase(Service service, std::uint32_t which) {
  InstanceRow& row = service.row();
  row.phase = which;
  row.phase_pending = true;
  ErrorText error;
  runar_status status = enter_phase(row, which, error);
  if (status == RUNAR_PENDING) {
    run_until([&] {
      const std::lock_guard lock(core_.mutex);
      return !row.phase_pending;
    });
    status = row.phase_pending ? runar_status{RUNAR_E_TIMEOUT} : row.phase_status;
    error.text = row.phase_pending ? "the phase never ended" : row.phase_text;
  }
  row.phase_pending = false;
  if (status < 0) {
    throw Error(status, error.text);
  }
}

inline void Host::stop(Service service) {
  InstanceRow& row = service.row();
  if (row.dead) {
    return;
  }
  try {
    phase(service, RUNAR_PHASE_STOP);
  } catch (const Error& error) {
    core_.problem(row.name + ": stop failed: " + std::string(error.text()));
  }
  {
    const std::lock_guard lock(core_.mutex);
    row.stopped = true;
  }
  core_.drop_all(row);
  core_.cancel_all(row);
  core_.strand.run();
  {
    const std::lock_guard lock(core_.mutex);
    for (const auto& [id, request] : core_.requests) {
      if (request.callee == &row && !request.answered) {
        core_.problems.push_back("request " + std::to_string(id) + " (" + request.path +
                                 ") was never answered");
      }
    }
    row.dead = true;
  }
  core_.strand.inside([&] { row.type->destroy(row.self); });
}

inline runar_status Host::reconfigure(Service service, std::string_view config, std::string* why) {
  InstanceRow& row = service.row();
  if (!RUNAR_HAS(row.type, reconfigure)) {
    return RUNAR_RESTART;
  }
  ErrorText error;
  const runar_status status = core_.strand.inside([&] {
    return row.type->reconfigure(row.self, Core::handle(row), detail::str(config),
                                 reinterpret_cast<runar_err*>(&error));
  });
  if (why != nullptr) {
    *why = error.text;
  }
  return status;
}

inline runar_status Host::health(Service service, std::string* why) {
  InstanceRow& row = service.row();
  if (!RUNAR_HAS(row.type, health)) {
    return RUNAR_OK;
  }
  ErrorText error;
  const runar_status status = core_.strand.inside([&] {
    return row.type->health(row.self, Core::handle(row), reinterpret_cast<runar_err*>(&error));
  });
  if (why != nullptr) {
    *why = error.text;
  }
  return status;
}

inline void Host::note_leftovers() {
  const std::lock_guard lock(core_.mutex);
  if (core_.buffers != 0) {
    core_.problems.push_back(std::to_string(core_.buffers.load()) + " buffers were not released");
  }
  for (const auto& [id, delivery] : core_.deliveries) {
    core_.problems.push_back("event " + std::to_string(id) + " (" + delivery.event.topic +
                             ") got no verdict");
  }
}

inline std::vector<std::string> Host::finish() {
  core_.strand.run();
  for (auto row = core_.instances.rbegin(); row != core_.instances.rend(); ++row) {
    stop(Service(**row));
  }
  core_.strand.run();
  if (!plugins_.empty()) {
    note_leftovers();
  }
  plugins_.clear();
  return copy(core_.problems);
}

}  // namespace runar::testing
