// FileLock: holds flock(2) on a file while it lives; the system lets go when the process ends.
#pragma once

#include <filesystem>
#include <utility>

#include "core/clock.h"
#include "core/result.h"

namespace runard::identity {

// How long one waits for who holds the lock to write a few small files: commands, and an issuer on
// its own thread. The daemon's other threads never wait.
inline constexpr core::Duration kLockPatience = std::chrono::seconds(5);

class FileLock {
 public:
  // Makes the file if need be. Waits no longer than `patience`, by default not at all. Errors:
  // kStateLocked when someone holds it, kSystem.
  static core::Result<FileLock> acquire(const std::filesystem::path& path,
                                        core::Duration patience = {});

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace runard::identity
