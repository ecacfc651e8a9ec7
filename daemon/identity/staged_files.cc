#include "identity/staged_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "identity/durable_file.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;

constexpr const char* kList = "replacing";
constexpr std::string_view kReplace = "replace ";
constexpr std::string_view kRemove = "remove ";

core::Error bad_list(const fs::path& file) {
  return core::fail(Errc::kIdentityUnreadable, file.string() + ": not a list of files");
}

core::Result<StagedChange> parse(std::string_view text, const fs::path& file) {
  StagedChange change;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool replaces = line.starts_with(kReplace);
    const std::size_t word = replaces ? kReplace.size() : kRemove.size();
    if (end == std::string_view::npos || line.size() <= word ||
        line.find('/') != std::string_view::npos || (!replaces && !line.starts_with(kRemove))) {
      return bad_list(file);
    }
    (replaces ? change.replaced : change.removed).emplace_back(line.substr(word));
    text.remove_prefix(end + 1);
  }
  return change;
}

// What is not there was done before.
core::Result<void> unless_absent(int error, const fs::path& path, std::string_view step) {
  return error < 0 && error != -ENOENT ? core::Result<void>(system_error(path, step, -error))
                                       : core::Result<void>();
}

core::Result<void> sync(Disk& disk, const fs::path& folder) {
  const int error = disk.sync_folder(folder);
  return error < 0 ? core::Result<void>(system_error(folder, "fsync", -error))
                   : core::Result<void>();
}

core::Result<void> apply(Disk& disk, const fs::path& folder, const StagedChange& change) {
  for (const std::string& name : change.replaced) {
    const int error = disk.rename(folder / kStagedFolder / name, folder / name);
    if (auto ok = unless_absent(error, folder / name, "rename"); !ok) {
      return ok;
    }
  }
  for (const std::string& name : change.removed) {
    if (auto ok = unless_absent(disk.remove(folder / name), folder / name, "remove"); !ok) {
      return ok;
    }
  }
  return sync(disk, folder);
}

core::Result<void> empty_staged(Disk& disk, const fs::path& folder) {
  const fs::path staged = folder / kStagedFolder;
  std::error_code error;
  for (fs::directory_iterator at(staged, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (auto ok = unless_absent(disk.remove(at->path()), at->path(), "remove"); !ok) {
      return ok;
    }
  }
  return error && error != std::errc::no_such_file_or_directory
             ? core::Result<void>(system_error(staged, "list", error.value()))
             : core::Result<void>();
}

}  // namespace

core::Result<void> take_staged(Disk& disk, const fs::path& folder, const StagedChange& change) {
  std::string list;
  for (const std::string& name : change.replaced) {
    list += fmt::format("{}{}\n", kReplace, name);
  }
  for (const std::string& name : change.removed) {
    list += fmt::format("{}{}\n", kRemove, name);
  }
  if (auto ok = write_durably(disk, folder / kList, core::as_bytes(list), kSecretMode); !ok) {
    return ok;
  }
  return mend_staged(disk, folder);
}

core::Result<void> mend_staged(Disk& disk, const fs::path& folder) {
  const fs::path file = folder / kList;
  const auto text = read_file(file);
  if (!text && text.error().code != Errc::kNotFound) {
    return text.error();
  }
  if (text) {
    const auto change = parse(*text, file);
    if (!change) {
      return change.error();
    }
    if (auto ok = apply(disk, folder, *change); !ok) {
      return ok;
    }
    if (auto ok = remove_durably(disk, file); !ok) {
      return ok;
    }
  }
  return empty_staged(disk, folder);
}

}  // namespace runard::identity
