// Files of a folder that change together: the new ones are written into FOLDER/staged first, then a
// list, FOLDER/replacing, says what they replace and what goes; with the list it has happened, and
// whatever a crash left of it mend_staged() completes. Before the list nothing has.
//
// One writer at a time (a FileLock of the caller's). Errors: kSystem, kIdentityUnreadable.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "identity/disk.h"

namespace runard::identity {

inline constexpr const char* kStagedFolder = "staged";

// Names of files, without folders.
struct StagedChange {
  std::vector<std::string> replaced;  // all stand in FOLDER/staged
  std::vector<std::string> removed;
};

// After an error it has happened or not: the next mend_staged() decides.
core::Result<void> take_staged(Disk& disk, const std::filesystem::path& folder,
                               const StagedChange& change);
// Nothing stands in FOLDER/staged then.
core::Result<void> mend_staged(Disk& disk, const std::filesystem::path& folder);

}  // namespace runard::identity
