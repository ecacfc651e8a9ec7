#include "identity/file_lock.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "identity/disk.h"
#include "identity/durable_file.h"

namespace runard::identity {

core::Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  const int fd = SystemDisk().append(path, kSecretMode);
  if (fd < 0) {
    return system_error(path, "open", -fd);
  }
  FileLock lock(fd);
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return core::fail(core::Errc::kStateLocked,
                        fmt::format("{}: another process holds this lock", path.string()));
    }
    if (errno != EINTR) {
      return system_error(path, "lock", errno);
    }
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

}  // namespace runard::identity
