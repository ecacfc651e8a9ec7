#include "plugin_host/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "plugin_host/abi_error.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/growable.h"
#include "plugin_host/limits.h"

namespace runard::plugin_host {
namespace {

using core::Errc;

constexpr const char* kEntry = "runar_plugin_v1";
constexpr std::size_t kMaxTypes = 64;

const runar_plugin* call_entry(runar_plugin_v1_fn entry, const runar_host& host, runar_err& err) {
  try {
    return entry(&host, &err);
  } catch (const std::exception& e) {
    err.message = std::string("the entry let an exception out: ") + e.what();
  } catch (...) {
    err.message = "the entry let an exception out";
  }
  return nullptr;
}

}  // namespace

core::Error Library::incompatible(std::string what) const {
  return core::fail(Errc::kPluginIncompatible, manifest_.name + ": " + std::move(what));
}

core::Result<void> Library::load(const runar_host& host) {
  // Never closed again: code of a plugin may run for as long as any thread or buffer remembers it.
  void* const handle = ::dlopen(copy_.path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return core::fail(Errc::kPluginLoadFailed,
                      manifest_.name + ": " +
                          ::dlerror());  // NOLINT(concurrency-mt-unsafe): glibc keeps one a thread
  }
  const auto entry = reinterpret_cast<runar_plugin_v1_fn>(::dlsym(handle, kEntry));
  if (entry == nullptr) {
    return core::fail(Errc::kPluginLoadFailed, manifest_.name + ": it does not export " + kEntry);
  }
  entered_ = true;
  runar_err err;
  const runar_plugin* const offered = call_entry(entry, host, err);
  if (offered == nullptr) {
    return core::fail(
        Errc::kPluginLoadFailed,
        fmt::format("{}: {}", manifest_.name,
                    err.message.empty() ? "its entry failed without a message" : err.message));
  }
  return negotiate(offered);
}

core::Result<void> Library::negotiate(const runar_plugin* offered) {
  const Growable<runar_plugin> plugin(offered, RUNARD_SIZE_TO(runar_plugin, type_count));
  if (plugin.status() != RUNAR_OK) {
    return incompatible("runar_plugin is of a newer ABI, or its struct_size is wrong");
  }
  if (plugin->min_host_minor > RUNAR_ABI_MINOR) {
    return incompatible(fmt::format("it needs ABI {}.{}, this is {}.{}", RUNAR_ABI_MAJOR,
                                    plugin->min_host_minor, RUNAR_ABI_MAJOR, RUNAR_ABI_MINOR));
  }
  if (plugin->flags != 0) {
    return incompatible("it sets flags that this daemon does not know");
  }
  if (!is_text(plugin->name, 64) || !is_text(plugin->version, 64)) {
    return incompatible("its name or version is null or too long");
  }
  if (plugin->types == nullptr || plugin->type_count == 0 || plugin->type_count > kMaxTypes) {
    return incompatible("it offers no service types, or more than 64");
  }
  for (std::size_t i = 0; i < plugin->type_count; ++i) {
    if (auto read = read_type(plugin->types[i]); !read) {
      return read;
    }
  }
  unload_ = plugin->unload;
  return compare_with_manifest(*plugin);
}

core::Result<void> Library::read_type(const runar_service_type* offered) {
  const Growable<runar_service_type> type(offered, RUNARD_SIZE_TO(runar_service_type, destroy));
  if (type.status() != RUNAR_OK) {
    return incompatible("a runar_service_type is of a newer ABI, or its struct_size is wrong");
  }
  if (type->create == nullptr || type->init == nullptr || type->start == nullptr ||
      type->stop == nullptr || type->destroy == nullptr) {
    return incompatible("a service type lacks create, init, start, stop or destroy");
  }
  if (!is_text(type->name, 64) || !is_text(type->version, 64) ||
      !is_text(type->summary, kMaxText) || !is_text(type->config_schema, kMaxSchema)) {
    return incompatible("a text of a service type is null or too long");
  }
  if (find(view(type->name))) {
    return incompatible("two of its service types have the same name");
  }
  if ((type->flags & ~std::uint32_t{RUNAR_TYPE_EXCLUSIVE}) != 0) {
    return incompatible("a service type sets flags that this daemon does not know");
  }
  ServiceType known;
  known.name = view(type->name);
  known.version = view(type->version);
  known.summary = view(type->summary);
  known.config_schema = view(type->config_schema);
  known.exclusive = (type->flags & RUNAR_TYPE_EXCLUSIVE) != 0;
  known.calls = *type;
  types_.push_back(std::move(known));
  return {};
}

core::Result<void> Library::compare_with_manifest(const runar_plugin& plugin) const {
  if (view(plugin.name) != manifest_.name || view(plugin.version) != manifest_.version) {
    return core::fail(Errc::kPluginBadManifest,
                      fmt::format("manifest says {} {}, the code says {} {}", manifest_.name,
                                  manifest_.version, view(plugin.name), view(plugin.version)));
  }
  const bool same = types_.size() == manifest_.services.size() &&
                    std::all_of(types_.begin(), types_.end(), [this](const ServiceType& type) {
                      return std::find(manifest_.services.begin(), manifest_.services.end(),
                                       type.name) != manifest_.services.end();
                    });
  if (!same) {
    return core::fail(Errc::kPluginBadManifest,
                      manifest_.name + ": manifest and code list different service types");
  }
  return {};
}

core::Result<const ServiceType*> Library::find(std::string_view type) const {
  std::string known;
  for (const ServiceType& candidate : types_) {
    if (candidate.name == type) {
      return &candidate;
    }
    known += known.empty() ? candidate.name : ", " + candidate.name;
  }
  return core::fail(Errc::kPluginNoType, fmt::format("{} has no service type \"{}\", but: {}",
                                                     manifest_.name, type, known));
}

void Library::unload() {
  if (unload_ != nullptr) {
    try {
      std::exchange(unload_, nullptr)();
    } catch (...) {  // NOLINT(bugprone-empty-catch): nothing of it is left that could be harmed
    }
  }
}

core::Result<Library*> Libraries::load(const std::filesystem::path& file) {
  const auto bytes = read_plugin_file(file);
  if (!bytes) {
    return bytes.error();
  }
  auto manifest = read_manifest(*bytes);
  if (!manifest) {
    core::Error error = manifest.error();
    error.about = file.string() + ": " + error.about;
    return error;
  }
  auto copy = store_.keep(*bytes);
  if (!copy) {
    return copy.error();
  }
  const std::string hash = copy->hash;
  Entry* entry = nullptr;
  {
    const std::lock_guard lock(mutex_);
    entry = &loaded_[hash];
  }
  return load_once(
      *entry, std::make_unique<Library>(std::move(*manifest), std::move(*copy), bytes->size()));
}

core::Result<Library*> Libraries::load_once(Entry& entry, std::unique_ptr<Library> fresh) {
  const std::lock_guard lock(entry.mutex);
  if (entry.failure) {
    return *entry.failure;
  }
  if (entry.loaded == nullptr) {
    if (const auto loaded = fresh->load(host_); !loaded) {
      if (fresh->entered()) {
        entry.failure = loaded.error();
      }
      return loaded.error();
    }
    entry.loaded = std::move(fresh);
  }
  return entry.loaded.get();
}

void Libraries::unload_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [hash, entry] : loaded_) {
    if (entry.loaded != nullptr) {
      entry.loaded->unload();
    }
  }
}

}  // namespace runard::plugin_host
