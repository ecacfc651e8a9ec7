// Library: a plugin file that is loaded, and the service types it offers.
//
// Loaded once for the same bytes, never unloaded. Negotiation as plugin.h says: structs are read up
// to their struct_size; what this daemon does not know has to be zero.
// Errors: kPluginUnreadable, kPluginBadManifest, kPluginLoadFailed, kPluginIncompatible.
// Threading: on threads that may wait (files, the plugin's constructors and entry).
#pragma once

#include <runar/plugin.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "plugin_host/manifest.h"
#include "plugin_host/plugin_store.h"

namespace runard::plugin_host {

// A service type, as its plugin describes it; the functions are runar_service_type's.
struct ServiceType {
  std::string name;
  std::string version;
  std::string summary;
  std::string config_schema;
  bool exclusive = false;
  runar_service_type calls{};
};

class Library {
 public:
  Library(Manifest manifest, PluginStore::Copy copy, std::size_t size)
      : manifest_(std::move(manifest)), copy_(std::move(copy)), size_(size) {}

  // dlopen, the entry, the negotiation.
  core::Result<void> load(const runar_host& host);

  // Whether the entry ran: it does so once for each mapped file, also when it failed.
  bool entered() const { return entered_; }
  const Manifest& manifest() const { return manifest_; }
  const std::string& hash() const { return copy_.hash; }
  std::size_t size() const { return size_; }
  const std::vector<ServiceType>& types() const { return types_; }
  // kPluginNoType names the types that there are.
  core::Result<const ServiceType*> find(std::string_view type) const;
  // Once, after the last instance is gone.
  void unload();

 private:
  core::Result<void> negotiate(const runar_plugin* offered);
  core::Result<void> read_type(const runar_service_type* offered);
  core::Result<void> compare_with_manifest(const runar_plugin& plugin) const;
  core::Error incompatible(std::string what) const;

  const Manifest manifest_;
  const PluginStore::Copy copy_;
  const std::size_t size_;
  std::vector<ServiceType> types_;
  void (*unload_)() = nullptr;
  bool entered_ = false;
};

// Any thread: two files load side by side, the same bytes load once.
class Libraries {
 public:
  Libraries(PluginStore store, const runar_host& host) : store_(std::move(store)), host_(host) {}
  // The library of that file; one that is loaded already if the bytes are the same.
  core::Result<Library*> load(const std::filesystem::path& file);
  void unload_all();

 private:
  PluginStore store_;
  const runar_host& host_;
  struct Entry {
    std::mutex mutex;  // held while it is loaded; protects what follows
    std::unique_ptr<Library> loaded;
    std::optional<core::Error> failure;  // of the entry, which is not called again
  };
  core::Result<Library*> load_once(Entry& entry, std::unique_ptr<Library> fresh);

  std::mutex mutex_;                     // protects the map, not its entries
  std::map<std::string, Entry> loaded_;  // by hash; entries stay
};

}  // namespace runard::plugin_host
