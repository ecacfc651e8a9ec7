// StateDir: the daemon's folder for what must survive it (node.state_dir).
//
//   lock           held while a runard lives: one daemon a folder
//   epoch          a decimal number, one higher at each start
//   reset.secret   32 random bytes for QUIC stateless resets, 0600
//   clock          the latest time seen: clock_guard.h
//   statements/    what the mesh's authority said: statement_store.h
//   identity/      the node's key and bundle: identity_folder.h
//
// Errors: kNotFound for no folder, kFileMode, kStateLocked (runard exits with 75), kSystem, and
// kIdentityUnreadable for an epoch or secret that is not what was written there.
// Threading: one owner; the files are small and written only at start.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "core/random.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"
#include "identity/disk.h"
#include "identity/file_lock.h"

namespace runard::identity {

inline constexpr std::size_t kResetSecretSize = 32;

class StateDir {
 public:
  // Checks the folder and takes the lock. `disk` outlives the StateDir.
  static core::Result<StateDir> open(Disk& disk, const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  Disk& disk() const { return *disk_; }

  // One more than at the last start, on disk before it is returned: never the same twice.
  core::Result<std::uint64_t> next_epoch();
  // Made at the first call of all, the same ever after.
  core::Result<crypto::SecretBytes> reset_secret(core::Random& random);

 private:
  StateDir(Disk& disk, std::filesystem::path path, FileLock lock)
      : disk_(&disk), path_(std::move(path)), lock_(std::move(lock)) {}

  Disk* disk_;
  std::filesystem::path path_;
  FileLock lock_;
};

}  // namespace runard::identity
