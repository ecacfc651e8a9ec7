// FaultyDisk: the real disk until a given step, which fails with a given error. After a crash()
// every later step fails too and leaves no trace, as if the process had been killed there.
#pragma once

#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "identity/disk.h"

namespace runard::test {

class FaultyDisk final : public identity::Disk {
 public:
  static FaultyDisk failing(int step, int error) { return FaultyDisk(step, error, false); }
  static FaultyDisk crashing(int step) { return FaultyDisk(step, EIO, true); }
  FaultyDisk() : FaultyDisk(INT_MAX, 0, false) {}

  const std::vector<std::string>& steps() const { return steps_; }
  bool struck() const { return static_cast<int>(steps_.size()) > step_; }

  int create(const std::filesystem::path& path, mode_t mode) override {
    return fails("create") ? -error_ : real_.create(path, mode);
  }
  int append(const std::filesystem::path& path, mode_t mode) override {
    return fails("append") ? -error_ : real_.append(path, mode);
  }
  ssize_t write(int fd, core::ByteView bytes) override {
    if (!fails("write")) {
      return real_.write(fd, bytes);
    }
    if (!halted_before_) {  // half of it gets through
      real_.write(fd, bytes.first(bytes.size() / 2));
    }
    return -error_;
  }
  int sync(int fd) override { return fails("sync") ? -error_ : real_.sync(fd); }
  int truncate(int fd, off_t size) override {
    return fails("truncate") ? -error_ : real_.truncate(fd, size);
  }
  int close(int fd) override {
    const bool failed = fails("close");
    const int closed = real_.close(fd);  // the tests' process keeps its descriptors
    return failed ? -error_ : closed;
  }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return fails("rename") ? -error_ : real_.rename(from, to);
  }
  int remove(const std::filesystem::path& path) override {
    return fails("remove") ? -error_ : real_.remove(path);
  }
  int make_folder(const std::filesystem::path& path, mode_t mode) override {
    return fails("make_folder") ? -error_ : real_.make_folder(path, mode);
  }
  int sync_folder(const std::filesystem::path& path) override {
    return fails("sync_folder") ? -error_ : real_.sync_folder(path);
  }

 private:
  FaultyDisk(int step, int error, bool crash) : step_(step), error_(error), crash_(crash) {}

  bool fails(const char* what) {
    const int now = static_cast<int>(steps_.size());
    steps_.emplace_back(what);
    halted_before_ = crash_ && now > step_;
    return now == step_ || halted_before_;
  }

  identity::SystemDisk real_;
  int step_;
  int error_;
  bool crash_;
  bool halted_before_ = false;
  std::vector<std::string> steps_;
};

}  // namespace runard::test
