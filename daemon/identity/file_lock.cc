#include "identity/file_lock.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "identity/disk.h"
#include "identity/durable_file.h"

namespace runard::identity {
namespace {

// flock(2) has no time limit of its own.
constexpr core::Duration kPollEach = std::chrono::milliseconds(10);

}  // namespace

core::Result<FileLock> FileLock::acquire(const std::filesystem::path& path,
                                         core::Duration patience) {
  const int fd = SystemDisk().append(path, kSecretMode);
  if (fd < 0) {
    return system_error(path, "open", -fd);
  }
  FileLock lock(fd);
  core::Duration waited{};
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) {
      continue;
    }
    if (errno != EWOULDBLOCK) {
      return system_error(path, "lock", errno);
    }
    if (waited >= patience) {
      return core::fail(core::Errc::kStateLocked,
                        fmt::format("{}: another process holds this lock", path.string()));
    }
    std::this_thread::sleep_for(kPollEach);
    waited += kPollEach;
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

}  // namespace runard::identity
