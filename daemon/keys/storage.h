// Storage: encrypts what the services of this node keep on disk themselves: bytes in, bytes out.
//
// AES-256-GCM under a key of its own for each sealing, derived from a versioned storage key (DEK)
// that only this node's keystore has. Bound to the context: the network, the service's path and
// what the service calls the bytes, so that what one service stored no other one opens. README.md
// has the bytes. Errors: kStoredSecretInvalid for anything that does not open here, kTooLarge,
// kKeyMissing without a storage key. Threading: any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"
#include "keys/entry.h"

namespace runard::keys {

inline constexpr std::size_t kMaxStored = 16 * 1024 * 1024;
inline constexpr std::size_t kStorageOverhead = 1 + 4 + 32 + 16;

// Whose bytes they are.
struct StorageContext {
  std::string_view network;
  std::string_view service;    // its path
  std::string_view purpose{};  // what the service says they are; empty: nothing
};

class Storage {
 public:
  // `random` outlives it.
  explicit Storage(core::Random& random) : random_(random) {}

  // The storage keys among these entries from now on.
  void hold(std::span<const Entry> entries);

  std::uint32_t active_version() const { return keys()->active; }

  core::Result<core::Bytes> seal(const StorageContext& context, core::ByteView plaintext) const;
  core::Result<core::Bytes> open(const StorageContext& context, core::ByteView sealed) const;

 private:
  struct Keys {
    std::map<std::uint32_t, crypto::SecretBytes> by_version;
    std::uint32_t active = 0;  // 0: none
  };
  std::shared_ptr<const Keys> keys() const;

  core::Random& random_;
  mutable std::mutex mutex_;  // protects keys_
  std::shared_ptr<const Keys> keys_ = std::make_shared<const Keys>();
};

inline constexpr std::size_t kMaxStorageKeys = 256;

// A new storage key, active from now on; those before it only open, for as long as there may be
// something to open: for good. The first when there is none. False, and nothing is changed, when
// there are kMaxStorageKeys.
bool add_storage_key(std::vector<Entry>& entries, std::uint64_t now_ms, core::Random& random);

}  // namespace runard::keys
