#include "identity/file_lock.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "identity/disk.h"
#include "identity/durable_file.h"

namespace runard::identity {
namespace {

// flock(2) has no time limit of its own.
constexpr int kPollMs = 10;

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
    poll(nullptr, 0, kPollMs);
    waited += std::chrono::milliseconds(kPollMs);
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

}  // namespace runard::identity
