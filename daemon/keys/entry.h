// Entry: one key as the keystore holds it, whatever it is for.
//
// A value, but move-only: its secret is copied only where somebody says copy().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "crypto/secret_bytes.h"
#include "envelope/key_address.h"

namespace runard::keys {

using envelope::KeyId;

// As in the file.
enum class EntryKind : std::uint8_t {
  kIdentity = 1,   // the node's P-256 key, PKCS #8 in PEM; id: the node's
  kAgreement = 2,  // the node's X25519 key, 32 bytes; id: the node's
  kNetwork = 3,    // a network's X25519 key, 32 bytes; id: the network's
  kProfile = 4,    // a user's X25519 key, 32 bytes; id: the profile's
  kStorage = 5,    // 32 bytes for what services store; id: random
  kRoot = 6,       // a user's root key; id: the profile's
  kMark = 7,       // no key: what was reached with a network's keyring (entries.h); id: its
};
enum class EntryState : std::uint8_t {
  kPending = 1,      // made, but not in use yet
  kActive = 2,       // what is new is encrypted to it
  kDecryptOnly = 3,  // opens what is old; one that is retired is no longer there
};
std::string_view kind_text(EntryKind kind);
std::string_view state_text(EntryState state);

inline constexpr std::size_t kMaxEntries = 2048;
inline constexpr std::size_t kMaxEntryName = 128;     // bytes of UTF-8
inline constexpr std::size_t kMaxEntrySecret = 1024;  // bytes; at least 1
inline constexpr std::size_t kMaxBody = 512 * 1024;   // bytes of all entries, encoded

struct Entry {
  EntryKind kind = EntryKind::kIdentity;
  KeyId id;
  std::uint32_t version = 1;
  EntryState state = EntryState::kActive;
  std::int64_t created_ms = 0;  // since 1970, not negative
  std::int64_t changed_ms = 0;  // when its state became what it is
  std::string name;             // for people; often empty
  crypto::SecretBytes secret;

  Entry copy() const;
};

std::vector<Entry> copy_of(const std::vector<Entry>& entries);

// By kind, id and version. kInvalidArgument when two are the same key, or a part is out of bounds.
core::Result<void> sort_and_check(std::vector<Entry>& entries);

}  // namespace runard::keys
