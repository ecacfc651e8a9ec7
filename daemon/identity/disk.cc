#include "identity/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace runard::identity {
namespace {

namespace fs = std::filesystem;

int result_of(int value) {
  return value < 0 ? -errno : value;
}

const char* folder_of(const fs::path& path, std::string& storage) {
  storage = path.has_parent_path() ? path.parent_path().string() : ".";
  return storage.c_str();
}

// Root works in the folders of runard's user; the daemon must be able to read what it leaves there.
int give_to_owner_of_folder(int fd, const fs::path& path) {
  if (geteuid() != 0) {
    return 0;
  }
  std::string folder;
  struct stat parent{};
  if (stat(folder_of(path, folder), &parent) != 0 ||
      (parent.st_uid != 0 && fchown(fd, parent.st_uid, parent.st_gid) != 0)) {
    return -errno;
  }
  return 0;
}

int opened(int fd, const fs::path& path) {
  if (fd < 0) {
    return -errno;
  }
  if (const int error = give_to_owner_of_folder(fd, path); error < 0) {
    ::close(fd);
    return error;
  }
  return fd;
}

}  // namespace

int SystemDisk::create(const fs::path& path, mode_t mode) {
  return opened(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode),
                path);
}

int SystemDisk::append(const fs::path& path, mode_t mode) {
  return opened(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode),
                path);
}

ssize_t SystemDisk::write(int fd, core::ByteView bytes) {
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  return written < 0 ? -errno : written;
}

int SystemDisk::sync(int fd) {
  return result_of(fsync(fd));
}

int SystemDisk::truncate(int fd, off_t size) {
  return result_of(ftruncate(fd, size));
}

int SystemDisk::close(int fd) {
  return result_of(::close(fd));
}

int SystemDisk::rename(const fs::path& from, const fs::path& to) {
  return result_of(std::rename(from.c_str(), to.c_str()));
}

int SystemDisk::remove(const fs::path& path) {
  return result_of(unlink(path.c_str()));
}

int SystemDisk::make_folder(const fs::path& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0) {
    return -errno;
  }
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const int kept = opened(fd, path);
  if (kept >= 0) {
    ::close(kept);
  }
  return kept < 0 ? kept : 0;
}

int SystemDisk::sync_folder(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return -errno;
  }
  const int result = result_of(fsync(fd));
  ::close(fd);
  return result;
}

}  // namespace runard::identity
