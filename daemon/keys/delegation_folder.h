// STATE/delegations: keys of profiles that were given to this node and wait for its daemon, which
// alone may write the keystore. Sealed, so nothing in the folder is secret. One file each:
// PROFILE-VERSION.pem.
#pragma once

#include <filesystem>
#include <vector>

#include "core/result.h"
#include "identity/disk.h"
#include "keys/delegation.h"

namespace runard::keys {

inline constexpr std::size_t kMaxWaiting = 256;

std::filesystem::path delegation_folder(const std::filesystem::path& state_dir);

// Checks the form only. Errors: kProfileInvalid, kSystem, kFileMode.
core::Result<void> put_delegation(identity::Disk& disk, const std::filesystem::path& state_dir,
                                  core::ByteView bytes);

struct WaitingDelegation {
  std::filesystem::path file;
  Delegation delegation;
};
// At most kMaxWaiting; files that are none are left out.
std::vector<WaitingDelegation> waiting_delegations(const std::filesystem::path& state_dir);

}  // namespace runard::keys
