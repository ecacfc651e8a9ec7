// Small files that survive a crash: whoever reads one sees the old content or the new, whole.
//
// Written as: a file ".NAME.tmp" in the same folder, fsync, rename, fsync of the folder. One writer
// at a time (a FileLock of the caller's); what a crash left of the temporary file is removed by the
// next write and never followed if it is a link. Readers need no lock.
//
// Errors: kNotFound, kFileMode, kTooLarge, and kSystem with path, step and the system's words.
// After an error the old content stands, or, when only the last fsync failed, the new one.
#pragma once

#include <filesystem>
#include <string>

#include "core/bytes.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"
#include "identity/disk.h"

namespace runard::identity {

inline constexpr mode_t kSecretMode = 0600;
inline constexpr mode_t kPublicMode = 0644;
inline constexpr mode_t kFolderMode = 0700;
inline constexpr std::size_t kMaxSmallFile = 512 * 1024;

core::Error system_error(const std::filesystem::path& path, std::string_view step, int error);

core::Result<void> write_durably(Disk& disk, const std::filesystem::path& path,
                                 core::ByteView content, mode_t mode);

// The same, and what stood there before is called `previous` from then on; with an empty `previous`
// it goes. A crash between the two renames leaves only `previous`.
core::Result<void> replace_durably(Disk& disk, const std::filesystem::path& path,
                                   core::ByteView content, mode_t mode,
                                   const std::filesystem::path& previous);
// Durably; one that is not there is no error.
core::Result<void> remove_durably(Disk& disk, const std::filesystem::path& path);

// Makes the folder, and no parents, with mode 0700 and durably. One that exists is checked instead
// (check_folder).
core::Result<void> make_private_folder(Disk& disk, const std::filesystem::path& path);
// kFileMode unless the folder can be changed by its owner only and the owner is this user or root.
core::Result<void> check_folder(const std::filesystem::path& path);

core::Result<std::string> read_file(const std::filesystem::path& path,
                                    std::size_t limit = kMaxSmallFile);

// A file with a secret: kFileMode unless it is a regular file, no link, without any permission for
// group and others, and owned by this user (or, read by root, by the owner of its folder).
core::Result<crypto::SecretBytes> read_secret(const std::filesystem::path& path);
// The same checks, for content that is encrypted; kTooLarge beyond `limit`.
core::Result<core::Bytes> read_private(const std::filesystem::path& path, std::size_t limit);
// A credential that systemd passes: this user's or root's (who reads may then stand in an access
// list, which shows as a permission of the group), and nothing for others.
core::Result<crypto::SecretBytes> read_credential(const std::filesystem::path& path);

}  // namespace runard::identity
