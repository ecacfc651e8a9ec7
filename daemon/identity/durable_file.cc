#include "identity/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr std::size_t kMaxSecret = 16 * 1024;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// An open descriptor for reading; its owner's modes are checked on it, not on the path.
class ReadFile {
 public:
  ReadFile(const fs::path& path, int flags)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)), error_(errno) {}
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;
  ~ReadFile() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  core::Result<struct stat> check(const fs::path& path) const {
    struct stat info{};
    if (fd_ < 0) {
      return system_error(path, "open", error_);
    }
    if (fstat(fd_, &info) != 0) {
      return system_error(path, "stat", errno);
    }
    if (!S_ISREG(info.st_mode)) {
      return fail(Errc::kInvalidArgument, fmt::format("{}: not a file", path.string()));
    }
    return info;
  }

  // Fills `out` as far as the file goes; the number of bytes, or a negative errno.
  ssize_t read(std::span<std::uint8_t> out) const {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::read(fd_, out.data() + done, out.size() - done);
      if (n == 0) {
        break;
      }
      if (n < 0 && errno != EINTR) {
        return -errno;
      }
      done += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    return static_cast<ssize_t>(done);
  }

 private:
  int fd_;
  int error_;
};

core::Result<void> write_all(Disk& disk, const fs::path& path, int fd, core::ByteView content) {
  while (!content.empty()) {
    const ssize_t n = disk.write(fd, content);
    if (n == -EINTR) {
      continue;
    }
    if (n <= 0) {
      return system_error(path, "write", n == 0 ? ENOSPC : static_cast<int>(-n));
    }
    content = content.subspan(static_cast<std::size_t>(n));
  }
  if (const int error = disk.sync(fd); error < 0) {
    return system_error(path, "fsync", -error);
  }
  return {};
}

core::Result<void> write_temporary(Disk& disk, const fs::path& path, core::ByteView content,
                                   mode_t mode) {
  if (const int error = disk.remove(path); error < 0 && error != -ENOENT) {
    return system_error(path, "remove", -error);
  }
  const int fd = disk.create(path, mode);
  if (fd == -ENOENT) {
    return fail(Errc::kNotFound,
                fmt::format("{}: there is no such folder to write in", folder_of(path).string()));
  }
  if (fd < 0) {
    return system_error(path, "create", -fd);
  }
  auto written = write_all(disk, path, fd, content);
  if (const int error = disk.close(fd); error < 0 && written) {
    written = system_error(path, "close", -error);
  }
  return written;
}

core::Result<void> put_in_place(Disk& disk, const fs::path& temporary, const fs::path& path,
                                const fs::path& previous) {
  bool moved = false;
  if (!previous.empty()) {
    const int error = disk.rename(path, previous);
    if (error < 0 && error != -ENOENT) {
      return system_error(path, "rename", -error);
    }
    moved = error == 0;
  }
  if (const int error = disk.rename(temporary, path); error < 0) {
    if (moved) {
      disk.rename(previous, path);  // as far as it can: `previous` is as good
    }
    return system_error(path, "rename", -error);
  }
  return {};
}

core::Result<void> check_secret(const fs::path& path, const struct stat& info) {
  if ((info.st_mode & 077) != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: mode {:04o} lets others in, expected 0600",
                                             path.string(), info.st_mode & 07777));
  }
  struct stat folder{};
  if (stat(folder_of(path).c_str(), &folder) != 0) {
    return system_error(path, "stat", errno);
  }
  const bool as_root = geteuid() == 0 && info.st_uid == folder.st_uid;
  if (info.st_uid != geteuid() && !as_root) {
    return fail(Errc::kFileMode, fmt::format("{}: belongs to user {}, not to {}", path.string(),
                                             info.st_uid, geteuid()));
  }
  return {};
}

core::Result<void> check_credential(const fs::path& path, const struct stat& info) {
  if ((info.st_mode & 037) != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: mode {:04o} lets others in, expected 0400",
                                             path.string(), info.st_mode & 07777));
  }
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: belongs to user {}, not to {}", path.string(),
                                             info.st_uid, geteuid()));
  }
  return {};
}

std::span<std::uint8_t> room_of(crypto::SecretBytes& bytes) {
  return bytes.bytes();
}
std::span<std::uint8_t> room_of(core::Bytes& bytes) {
  return bytes;
}

using Check = core::Result<void> (*)(const fs::path& path, const struct stat& info);

// All of a file that is no link and passes `check`.
template <class Bytes>
core::Result<Bytes> read_checked(const fs::path& path, std::size_t limit, Check check) {
  const ReadFile file(path, O_NOFOLLOW);
  const auto info = file.check(path);
  if (!info) {
    return info.error();
  }
  if (auto ok = check(path, *info); !ok) {
    return ok.error();
  }
  if (info->st_size > static_cast<off_t>(limit)) {
    return fail(Errc::kTooLarge, fmt::format("{}: larger than {} bytes", path.string(), limit));
  }
  Bytes content(static_cast<std::size_t>(info->st_size));
  const ssize_t size = file.read(room_of(content));
  if (size != info->st_size) {
    return system_error(path, "read", size < 0 ? static_cast<int>(-size) : EIO);
  }
  return content;
}

}  // namespace

core::Error system_error(const fs::path& path, std::string_view step, int error) {
  const Errc code = error == ENOENT ? Errc::kNotFound : Errc::kSystem;
  return fail(
      code, fmt::format("{}: {}: {}", path.string(), step, std::generic_category().message(error)));
}

core::Result<void> write_durably(Disk& disk, const fs::path& path, core::ByteView content,
                                 mode_t mode) {
  return replace_durably(disk, path, content, mode, {});
}

core::Result<void> replace_durably(Disk& disk, const fs::path& path, core::ByteView content,
                                   mode_t mode, const fs::path& previous) {
  const fs::path folder = folder_of(path);
  const fs::path temporary = folder / fmt::format(".{}.tmp", path.filename().string());
  auto done = write_temporary(disk, temporary, content, mode);
  if (done) {
    done = put_in_place(disk, temporary, path, previous);
  }
  if (!done) {
    disk.remove(temporary);  // as far as it can; the next write removes it too
    return done;
  }
  if (const int error = disk.sync_folder(folder); error < 0) {
    return system_error(folder, "fsync", -error);
  }
  return {};
}

core::Result<void> make_private_folder(Disk& disk, const fs::path& path) {
  const int error = disk.make_folder(path, kFolderMode);
  if (error == -EEXIST) {
    return check_folder(path);
  }
  if (error < 0) {
    return system_error(path, "mkdir", -error);
  }
  const fs::path parent = folder_of(path.has_filename() ? path : path.parent_path());
  if (const int synced = disk.sync_folder(parent); synced < 0) {
    return system_error(path, "fsync", -synced);
  }
  return {};
}

core::Result<void> check_folder(const fs::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return system_error(path, "stat", errno);
  }
  if (!S_ISDIR(info.st_mode)) {
    return fail(Errc::kInvalidArgument, fmt::format("{}: not a folder", path.string()));
  }
  if ((info.st_mode & 022) != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: mode {:04o} lets others change it, expected 0700",
                                             path.string(), info.st_mode & 07777));
  }
  if (info.st_uid != geteuid() && info.st_uid != 0 && geteuid() != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: belongs to user {}, not to {}", path.string(),
                                             info.st_uid, geteuid()));
  }
  return {};
}

core::Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  const ReadFile file(path, 0);
  const auto info = file.check(path);
  if (!info) {
    return info.error();
  }
  core::Bytes content(std::min(limit, static_cast<std::size_t>(info->st_size)) + 1);
  const ssize_t size = file.read(content);
  if (size < 0) {
    return system_error(path, "read", static_cast<int>(-size));
  }
  if (static_cast<std::size_t>(size) == content.size()) {  // as full as that: there is more
    return fail(Errc::kTooLarge, fmt::format("{}: larger than {} bytes", path.string(), limit));
  }
  content.resize(static_cast<std::size_t>(size));
  return std::string(core::as_text(content));
}

core::Result<crypto::SecretBytes> read_secret(const fs::path& path) {
  return read_checked<crypto::SecretBytes>(path, kMaxSecret, check_secret);
}

core::Result<core::Bytes> read_private(const fs::path& path, std::size_t limit) {
  return read_checked<core::Bytes>(path, limit, check_secret);
}

core::Result<crypto::SecretBytes> read_credential(const fs::path& path) {
  return read_checked<crypto::SecretBytes>(path, kMaxSecret, check_credential);
}

core::Result<void> remove_durably(Disk& disk, const fs::path& path) {
  const int error = disk.remove(path);
  if (error == -ENOENT) {
    return {};
  }
  if (error < 0) {
    return system_error(path, "remove", -error);
  }
  const fs::path folder = folder_of(path);
  const int synced = disk.sync_folder(folder);
  return synced < 0 ? system_error(folder, "fsync", -synced) : core::Result<void>();
}

}  // namespace runard::identity
