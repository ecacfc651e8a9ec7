// ServiceSecrets: the plugin host's way to this node's storage keys, which a local-only node has
// none of. The host is there before the keys are.
//
// Any thread; set() on the control strand, before the plugins start and after they have stopped.
#pragma once

#include <atomic>

#include "keys/storage.h"
#include "plugin_host/ports.h"

namespace runard::node {

class ServiceSecrets final : public plugin_host::Secrets {
 public:
  // Outlives the plugins; null: no keys.
  void set(const keys::Storage* storage) { storage_.store(storage); }

  core::Result<core::Bytes> seal(const Owner& owner, core::ByteView plain) override {
    const keys::Storage* const storage = storage_.load();
    return storage == nullptr ? no_keys() : storage->seal(context_of(owner), plain);
  }
  core::Result<core::Bytes> open(const Owner& owner, core::ByteView sealed) override {
    const keys::Storage* const storage = storage_.load();
    return storage == nullptr ? no_keys() : storage->open(context_of(owner), sealed);
  }

 private:
  static keys::StorageContext context_of(const Owner& owner) {
    return {owner.network, owner.service, owner.context};
  }
  static core::Result<core::Bytes> no_keys() {
    return core::fail(core::Errc::kKeyMissing, "a local-only node has no keys");
  }

  std::atomic<const keys::Storage*> storage_{nullptr};
};

}  // namespace runard::node
