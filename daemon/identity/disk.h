// Disk: the steps of a durable write, as a seam. Real in the daemon and runarctl; tests put one
// there that fails, or stops the world, at a given step.
//
// Every function gives 0 or a descriptor, or a negative errno. Any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "core/bytes.h"

namespace runard::identity {

class Disk {
 public:
  virtual ~Disk() = default;
  // A new file for writing; fails if there is one of that name, also as a symbolic link. Made by
  // root in another user's folder it belongs to that user.
  virtual int create(const std::filesystem::path& path, mode_t mode) = 0;
  // Opens, or makes with `mode`, a file to which writes append.
  virtual int append(const std::filesystem::path& path, mode_t mode) = 0;
  virtual ssize_t write(int fd, core::ByteView bytes) = 0;
  virtual int sync(int fd) = 0;
  virtual int truncate(int fd, off_t size) = 0;
  virtual int close(int fd) = 0;
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual int remove(const std::filesystem::path& path) = 0;
  virtual int make_folder(const std::filesystem::path& path, mode_t mode) = 0;
  virtual int sync_folder(const std::filesystem::path& path) = 0;
};

class SystemDisk final : public Disk {
 public:
  int create(const std::filesystem::path& path, mode_t mode) override;
  int append(const std::filesystem::path& path, mode_t mode) override;
  ssize_t write(int fd, core::ByteView bytes) override;
  int sync(int fd) override;
  int truncate(int fd, off_t size) override;
  int close(int fd) override;
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  int remove(const std::filesystem::path& path) override;
  int make_folder(const std::filesystem::path& path, mode_t mode) override;
  int sync_folder(const std::filesystem::path& path) override;
};

}  // namespace runard::identity
