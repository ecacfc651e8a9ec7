#include "plugin_host/host.h"

#include <algorithm>
#include <thread>

#include "plugin_host/abi.h"
#include "plugin_host/load_task.h"
#include "plugin_host/start_order.h"

namespace runard::plugin_host {
namespace {

constexpr core::Duration kPatience = std::chrono::milliseconds(500);  // for threads to end

std::size_t power_of_two_above(std::size_t least) {
  std::size_t size = 2;
  while (size < least) {
    size *= 2;
  }
  return size;
}

Workers::Options worker_options(const Options& options) {
  Workers::Options out;
  out.threads =
      options.workers != 0 ? options.workers : std::max(2U, std::thread::hardware_concurrency());
  out.spares = options.spare_workers;
  // Runnable at once: a strand and its parallel lane's turns, for each instance; twice, because
  // lives that are leaked and lives that replace them coexist.
  out.queue = power_of_two_above(std::size_t{2} * options.limits.instances * (out.threads + 1));
  return out;
}

InstanceSpec completed(InstanceSpec spec) {
  if (spec.name.empty()) {
    spec.name = spec.network + ":" + spec.path;
  }
  if (spec.config_json.empty()) {
    spec.config_json = "{}";
  }
  return spec;
}

}  // namespace

// What one add() is about.
struct Host::Batch {
  std::vector<std::shared_ptr<Service>> services;
  std::set<Service*> begun;    // start was asked for
  std::set<Service*> settled;  // started or failed
  std::size_t waiting = 0;     // for files, then for inits
  core::Task done;
};

Host::Host(Options options, Ports ports)
    : options_(std::move(options)),
      runtime_(std::make_shared<Runtime>(options_.clock, options_.log.component("plugins"), ports,
                                         options_.limits, worker_options(options_))),
      libraries_(
          std::make_shared<Libraries>(PluginStore(options_.store, options_.hash), host_table())),
      control_{options_.control, std::make_shared<ControlLink>(options_.control), runtime_, {}},
      watchdog_(*runtime_, options_.watchdog) {}

Host::~Host() {
  control_.link->cut();
  runtime_->abandon_contexts();
  watchdog_.stop();
  runtime_->tasks.stop();
  const bool workers_ended = runtime_->workers.stop(kPatience);
  const bool blocking_ended = runtime_->blocking.stop(kPatience);
  if (!workers_ended || !blocking_ended) {
    options_.log.error("a thread is stuck inside a plugin and is left behind");
    return;
  }
  libraries_->unload_all();
}

core::Result<void> Host::check(const std::vector<InstanceSpec>& specs) const {
  After after;
  std::set<std::string> known;
  std::set<std::pair<std::string, std::string>> mounts;
  for (const auto& [name, service] : services_) {
    known.insert(name);
    mounts.emplace(service->spec().network, service->spec().path);
  }
  for (const InstanceSpec& spec : specs) {
    if (known.contains(spec.name) || !after.emplace(spec.name, spec.after).second ||
        !mounts.emplace(spec.network, spec.path).second) {
      return core::fail(core::Errc::kConflict,
                        "there is a service instance " + spec.name + " already");
    }
  }
  if (services_.size() + specs.size() > options_.limits.instances) {
    return core::fail(core::Errc::kOverloaded, "too many service instances");
  }
  return check_order(after, known);
}

core::Result<void> Host::add(std::vector<InstanceSpec> specs, core::Task done) {
  std::transform(specs.begin(), specs.end(), specs.begin(), completed);
  if (stops_) {
    return core::fail(core::Errc::kServiceStopping, "the node is stopping");
  }
  if (auto checked = check(specs); !checked) {
    return checked;
  }
  start_threads();
  const auto batch = std::make_shared<Batch>();
  batch->done = std::move(done);
  for (InstanceSpec& spec : specs) {
    const std::string name = spec.name;
    const auto service = std::make_shared<Service>(control_, std::move(spec), ++last_id_);
    services_.emplace(name, service);
    batch->services.push_back(service);
  }
  load(batch);
  return {};
}

void Host::start_threads() {
  if (!std::exchange(threads_started_, true)) {
    runtime_->workers.start(runtime_);
    runtime_->blocking.start(runtime_);
    runtime_->tasks.start();
    watchdog_.start();
  }
}

// Each file once, away from the control strand.
void Host::load(const std::shared_ptr<Batch>& batch) {
  std::map<std::filesystem::path, std::vector<std::shared_ptr<Service>>> files;
  for (const auto& service : batch->services) {
    files[service->spec().file].push_back(service);
  }
  batch->waiting = files.size();
  if (files.empty()) {
    init_all(batch);
    return;
  }
  for (auto& [file, services] : files) {
    LoadTask::begin(control_, libraries_, file,
                    [this, batch, users = std::move(services)](core::Result<Library*> library) {
                      for (const auto& service : users) {
                        service->loaded(library);
                      }
                      if (--batch->waiting == 0) {
                        init_all(batch);
                      }
                    });
  }
}

void Host::init_all(const std::shared_ptr<Batch>& batch) {
  batch->waiting = batch->services.size();
  if (batch->services.empty() || stops_) {
    batch->done();
    return;
  }
  for (const auto& service : batch->services) {
    service->init([this, batch] {
      if (--batch->waiting == 0) {
        start_ready(batch);
      }
    });
  }
}

// Starts those that wait for nobody (any more).
void Host::start_ready(const std::shared_ptr<Batch>& batch) {
  const auto waits_for = [&](const std::string& name) {
    return std::any_of(batch->services.begin(), batch->services.end(), [&](const auto& other) {
      return other->spec().name == name && !batch->settled.contains(other.get());
    });
  };
  for (const auto& service : batch->services) {
    const auto& after = service->spec().after;
    if (std::any_of(after.begin(), after.end(), waits_for) || stops_ ||
        !batch->begun.insert(service.get()).second) {
      continue;
    }
    service->start([this, batch, raw = service.get()] {
      batch->settled.insert(raw);
      options_.control.post([this, batch, alive = std::weak_ptr(runtime_)] {
        if (!alive.expired()) {
          start_ready(batch);
        }
      });
    });
  }
  if (stops_ || batch->settled.size() == batch->services.size()) {
    if (core::Task done = std::move(batch->done)) {
      done();
    }
  }
}

core::Result<void> Host::remove(std::string_view name, core::Task done) {
  const auto place = services_.find(name);
  if (place == services_.end()) {
    return core::fail(core::Errc::kNotFound, std::string(name));
  }
  place->second->stop([this, key = std::string(name), done = std::move(done)]() mutable {
    core::Task then = std::move(done);
    forget(key);
    then();
  });
  return {};
}

// Later: the service is still on the stack.
void Host::forget(const std::string& name) {
  options_.control.post([this, name, alive = std::weak_ptr(runtime_)] {
    if (!alive.expired()) {
      services_.erase(name);
    }
  });
}

void Host::stop(core::Task done) {
  stops_ = true;
  stopped_ = std::move(done);
  for (const auto& [name, service] : services_) {
    stopping_.emplace(service.get(), Stopping::kWaiting);
  }
  stop_ready();
}

// Stops those that nobody is after (any more).
void Host::stop_ready() {
  const auto is_needed = [this](const std::string& name) {
    return std::any_of(stopping_.begin(), stopping_.end(), [&](const auto& other) {
      const auto& after = other.first->spec().after;
      return other.second != Stopping::kStopped &&
             std::find(after.begin(), after.end(), name) != after.end();
    });
  };
  for (auto& [service, progress] : stopping_) {
    if (progress != Stopping::kWaiting || is_needed(service->spec().name)) {
      continue;
    }
    progress = Stopping::kBegun;
    service->stop([this, raw = service] {
      stopping_[raw] = Stopping::kStopped;
      options_.control.post([this, alive = std::weak_ptr(runtime_)] {
        if (!alive.expired()) {
          stop_ready();
        }
      });
    });
  }
  const bool all = std::all_of(stopping_.begin(), stopping_.end(),
                               [](const auto& s) { return s.second == Stopping::kStopped; });
  if (all && stopped_) {
    core::Task stopped = std::move(stopped_);
    stopped();
  }
}

std::size_t Host::file_changed(const std::filesystem::path& file) {
  std::vector<std::weak_ptr<Service>> waiting;
  for (const auto& [name, service] : services_) {
    if (service->spec().file == file && service->lacks_file() && !stops_) {
      waiting.push_back(service);
    }
  }
  const std::size_t count = waiting.size();
  if (count > 0) {
    LoadTask::begin(control_, libraries_, file,
                    [users = std::move(waiting)](const core::Result<Library*>& library) {
                      for (const auto& user : users) {
                        if (const auto service = user.lock(); service && service->lacks_file()) {
                          service->loaded(library);
                        }
                      }
                    });
  }
  return count;
}

void Host::reconfigure(std::string_view name, std::string config_json, Done done) {
  const auto place = services_.find(name);
  if (place == services_.end()) {
    done(core::fail(core::Errc::kNotFound, std::string(name)));
    return;
  }
  place->second->reconfigure(std::move(config_json), std::move(done));
}

core::Result<Service*> Host::find(std::string_view network, std::string_view path) const {
  for (const auto& [name, service] : services_) {
    if (service->spec().network == network && service->spec().path == path) {
      return service.get();
    }
  }
  return core::fail(core::Errc::kNotFound, std::string(network) + ":" + std::string(path));
}

core::Result<void> Host::pause(std::string_view network, std::string_view path) {
  const auto service = find(network, path);
  return service ? (*service)->pause() : core::Result<void>(service.error());
}

core::Result<void> Host::resume(std::string_view network, std::string_view path) {
  const auto service = find(network, path);
  return service ? (*service)->resume() : core::Result<void>(service.error());
}

std::vector<InstanceStatus> Host::status() const {
  std::vector<InstanceStatus> out;
  for (const auto& [name, service] : services_) {
    out.push_back(service->status());
  }
  return out;
}

IoThread::IoThread(Host& host) : scope_(host.runtime_->threads, ThreadRole::kIo) {}

}  // namespace runard::plugin_host
