#include "plugin_host/plugin_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "plugin_host/manifest.h"

namespace runard::plugin_host {
namespace {

using core::Errc;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

core::Error system_error(Errc code, const std::filesystem::path& path) {
  return core::fail(code, path.string() + ": " + std::generic_category().message(errno));
}

bool read_all(int fd, core::Bytes& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool write_all(int fd, core::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool sync_folder(const std::filesystem::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0;
}

// What runs in the daemon must be nobody's to choose but root's and the daemon's own user's.
core::Result<void> check_owner(const std::filesystem::path& path, const struct stat& facts) {
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid()) {
    return core::fail(
        Errc::kPluginUnreadable,
        fmt::format("{}: belongs to user {}, not to root or runard's user: chown {} '{}'",
                    path.string(), facts.st_uid, ::geteuid(), path.string()));
  }
  const bool shared = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !shared) {
    return core::fail(Errc::kPluginUnreadable,
                      fmt::format("{}: others may write it (mode {:04o}): chmod go-w '{}'",
                                  path.string(), facts.st_mode & 07777U, path.string()));
  }
  return {};
}

core::Result<void> check_folder(const std::filesystem::path& folder) {
  struct stat facts{};
  if (::stat(folder.c_str(), &facts) != 0) {
    return system_error(Errc::kPluginUnreadable, folder);
  }
  return check_owner(folder, facts);
}

core::Result<void> check_folders(const std::filesystem::path& path) {
  std::error_code error;
  const auto named = std::filesystem::absolute(path, error).parent_path();
  if (auto good = check_folder(named); !good) {
    return good;
  }
  const auto real = std::filesystem::canonical(path, error).parent_path();
  return error || real == named ? core::Result<void>() : check_folder(real);
}

}  // namespace

core::Result<core::Bytes> read_plugin_file(const std::filesystem::path& path) {
  // Non-blocking: a FIFO that lies there must not hold up the loader.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts{};
  if (!fd || ::fstat(fd.get(), &facts) != 0) {
    return system_error(Errc::kPluginUnreadable, path);
  }
  if (!S_ISREG(facts.st_mode)) {
    return core::fail(Errc::kPluginUnreadable, path.string() + ": not a regular file");
  }
  if (auto safe = check_owner(path, facts); !safe) {
    return safe.error();
  }
  if (auto safe = check_folders(path); !safe) {
    return safe.error();
  }
  if (facts.st_size < 0 || static_cast<std::uint64_t>(facts.st_size) > kMaxPluginFile) {
    return core::fail(Errc::kPluginUnreadable, path.string() + ": larger than 64 MiB");
  }
  core::Bytes bytes(static_cast<std::size_t>(facts.st_size));
  if (!read_all(fd.get(), bytes)) {
    return core::fail(Errc::kPluginUnreadable, path.string() + ": changed while it was read");
  }
  return bytes;
}

core::Result<PluginStore::Copy> PluginStore::keep(core::ByteView bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error || ::chmod(folder_.c_str(), S_IRWXU) != 0) {
    return system_error(Errc::kSystem, folder_);
  }
  Copy copy;
  copy.hash = hash_(bytes);
  copy.path = folder_ / (copy.hash + ".so");
  const auto there = read_plugin_file(copy.path);
  if (there && std::equal(there->begin(), there->end(), bytes.begin(), bytes.end())) {
    return copy;
  }
  if (const auto written = write(copy.path, bytes); !written) {
    return written.error();
  }
  return copy;
}

core::Result<void> PluginStore::write(const std::filesystem::path& path, core::ByteView bytes) {
  std::string draft = (folder_ / "draft.XXXXXX").string();
  const Descriptor fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (!fd) {
    return system_error(Errc::kSystem, folder_);
  }
  const bool written = write_all(fd.get(), bytes) && ::fchmod(fd.get(), S_IRUSR) == 0 &&
                       ::fsync(fd.get()) == 0 && ::rename(draft.c_str(), path.c_str()) == 0 &&
                       sync_folder(folder_);
  if (!written) {
    core::Error error = system_error(Errc::kSystem, path);
    ::unlink(draft.c_str());
    return error;
  }
  return {};
}

}  // namespace runard::plugin_host
