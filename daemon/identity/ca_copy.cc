#include "identity/ca_copy.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "identity/durable_file.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;

constexpr const char* kCopyMark = "renews-only";
constexpr const char* kCopiedMark = "copied";
constexpr std::string_view kCopyText = "A copy of the CA. It renews certificates, nothing else.\n";
constexpr std::string_view kCopiedText =
    "There are copies of this CA. Remove this when none is left, and their certificates have "
    "ended.\n";

bool present(const fs::path& file) {
  std::error_code ignored;
  return fs::symlink_status(file, ignored).type() != fs::file_type::not_found;
}

// What a renewal looks at; ca.key and ca.crt are copied by themselves. `members` is
// keys/member_book.h's.
struct Part {
  const char* name;
  unsigned mode;
};
constexpr std::array<Part, 4> kParts = {{{"networks", kPublicMode},
                                         {"members", kSecretMode},
                                         {"issued.log", kSecretMode},
                                         {kDenylistFile, kPublicMode}}};

core::Result<void> copy_part(Disk& disk, const fs::path& from, const fs::path& to, unsigned mode) {
  const auto text = read_file(from, kMaxIssueLog);
  if (text) {
    return write_durably(disk, to, core::as_bytes(*text), mode);
  }
  if (text.error().code != Errc::kNotFound) {
    return text.error();
  }
  const int error = disk.remove(to);
  return error < 0 && error != -ENOENT ? core::Result<void>(system_error(to, "remove", -error))
                                       : core::Result<void>();
}

core::Result<void> mark(Disk& disk, const fs::path& file, std::string_view text) {
  return write_durably(disk, file, core::as_bytes(text), kPublicMode);
}

}  // namespace

bool is_copy(const fs::path& folder) {
  return present(folder / kCopyMark);
}

bool has_copies(const fs::path& folder) {
  return present(folder / kCopiedMark);
}

core::Result<void> copy_authority(const Authority& from, const fs::path& to) {
  Disk& disk = from.host().disk;
  if (auto made = make_private_folder(disk, to); !made) {
    return made;
  }
  if (!is_copy(to) && (present(to / kCaKeyFile) || present(to / kCaCertificateFile))) {
    return core::fail(Errc::kConflict,
                      fmt::format("{}: there is a CA already, which is no copy", to.string()));
  }
  const auto lock = FileLock::acquire(to / "lock", kLockPatience);
  if (!lock) {
    return lock.error();
  }
  const auto key = read_secret(from.folder() / kCaKeyFile);
  if (!key) {
    return key.error();
  }
  if (auto ok = mark(disk, to / kCopyMark, kCopyText); !ok) {
    return ok;
  }
  if (auto ok = mark(disk, from.folder() / kCopiedMark, kCopiedText); !ok) {
    return ok;
  }
  for (const Part& part : kParts) {
    if (auto ok = copy_part(disk, from.folder() / part.name, to / part.name, part.mode); !ok) {
      return ok;
    }
  }
  if (auto ok = write_durably(disk, to / kCaKeyFile, key->view(), kSecretMode); !ok) {
    return ok;
  }
  return copy_part(disk, from.folder() / kCaCertificateFile, to / kCaCertificateFile, kPublicMode);
}

}  // namespace runard::identity
