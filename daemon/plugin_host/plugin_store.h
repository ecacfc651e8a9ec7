// PluginStore: the daemon's private copies of plugin files, named by their content.
//
// What is loaded is always such a copy, so a user may overwrite or delete the file that was
// dropped, and the loader never gives out old code for new bytes. The folder is 0700, the files
// 0400, written as a whole and durably. Errors: kPluginUnreadable, kSystem. Blocking: not for the
// control strand.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::plugin_host {

// SHA-256 in lower-case hex; OpenSSL belongs to another module.
using HashFn = std::function<std::string(core::ByteView)>;

// A regular file of at most kMaxPluginFile, whole. It and the folder it lies in (and, through a
// symbolic link, that which the link lies in) belong to root or the daemon's user, and nobody else
// may write them; a folder like /tmp, in which nobody may replace what is another's, will do.
core::Result<core::Bytes> read_plugin_file(const std::filesystem::path& path);

class PluginStore {
 public:
  PluginStore(std::filesystem::path folder, HashFn hash)
      : folder_(std::move(folder)), hash_(std::move(hash)) {}

  struct Copy {
    std::filesystem::path path;
    std::string hash;
  };
  // The copy holds exactly these bytes: one that was there is compared, and replaced if it differs.
  core::Result<Copy> keep(core::ByteView bytes);

 private:
  core::Result<void> write(const std::filesystem::path& path, core::ByteView bytes);

  const std::filesystem::path folder_;
  const HashFn hash_;
};

}  // namespace runard::plugin_host
