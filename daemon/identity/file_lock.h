// FileLock: holds flock(2) on a file while it lives; the system lets go when the process ends.
#pragma once

#include <filesystem>
#include <utility>

#include "core/result.h"

namespace runard::identity {

class FileLock {
 public:
  // Makes the file if need be. Never waits. Errors: kStateLocked when someone holds it, kSystem.
  static core::Result<FileLock> acquire(const std::filesystem::path& path);

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
