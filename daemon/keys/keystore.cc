#include "keys/keystore.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/check.h"
#include "identity/durable_file.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr const char* kLockFile = "keystore.lock";

core::Error at(const fs::path& file, core::Error error) {
  error.about = fmt::format("{}: {}", file.string(), error.about);
  return error;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

// One of the two files as it was found.
struct Found {
  fs::path path;
  core::Result<KeystoreFile> file;
  bool is_current = false;
};

// What can't be read at all ends the search: falling back would take back what was committed.
core::Result<std::vector<Found>> find_files(const fs::path& folder) {
  std::vector<Found> found;
  for (const char* name : {kKeystoreFile, kPreviousKeystoreFile}) {
    const fs::path path = folder / name;
    auto bytes = identity::read_private(path, kMaxKeystoreFile);
    if (!bytes && bytes.error().code == Errc::kNotFound) {
      continue;
    }
    if (!bytes && bytes.error().code != Errc::kTooLarge) {
      return bytes.error();
    }
    auto file = bytes ? KeystoreFile::parse(std::move(*bytes))
                      : fail(Errc::kKeystoreDamaged, "larger than a keystore can be");
    found.push_back({path, file ? std::move(file) : at(path, file.error()),
                     std::string_view(name) == kKeystoreFile});
  }
  if (found.empty()) {
    return fail(Errc::kKeystoreMissing, fmt::format("{}: no keystore", folder.string()));
  }
  // The highest claim first; one that is false does not authenticate.
  std::ranges::stable_sort(found, std::greater(), [](const Found& one) {
    return one.file ? one.file->header.generation : 0;
  });
  return found;
}

bool any_under_another(const std::vector<Found>& found, const KekInfo& info) {
  return std::ranges::any_of(
      found, [&](const Found& one) { return one.file && !(one.file->header.kek == info); });
}

// The next generation comes after those that were, also after one that is damaged now; unless its
// number is damaged too, and absurd.
std::uint64_t last_of(const std::vector<Found>& found, std::uint64_t loaded) {
  constexpr std::uint64_t kPlausible = 1'000'000;
  const std::uint64_t claimed = found.front().file ? found.front().file->header.generation : loaded;
  return claimed > loaded && claimed - loaded < kPlausible ? claimed : loaded;
}

// A file opened.
struct Loaded {
  KeystoreHeader header;
  std::vector<Entry> entries;
  crypto::SecretBytes kek;
};

core::Result<Loaded> load(const Found& found, const KekSource& source, const fs::path& folder) {
  if (!found.file) {
    return found.file.error();
  }
  auto kek = source.kek(found.file->header.kek, folder);
  if (!kek) {
    return kek.error();
  }
  auto entries = found.file->open(*kek);
  if (!entries) {
    return at(found.path, entries.error());
  }
  return Loaded{found.file->header, std::move(*entries), std::move(*kek)};
}

// When the current file is there and another was loaded.
std::optional<core::Error> why_not_current(const std::vector<Found>& found, const Found& loaded,
                                           const KekSource& source, const fs::path& folder) {
  for (const Found& one : found) {
    if (one.is_current && &one != &loaded) {
      const auto tried = load(one, source, folder);
      return tried ? at(one.path, fail(Errc::kKeystoreDamaged, "older than the one before it"))
                   : tried.error();
    }
  }
  return std::nullopt;
}

core::Result<void> check_private_folder(const fs::path& folder) {
  if (auto ok = identity::check_folder(folder); !ok) {
    return ok.error();
  }
  struct stat info{};
  if (stat(folder.c_str(), &info) != 0 || (info.st_mode & 077) != 0) {
    return fail(Errc::kFileMode, fmt::format("{}: mode {:04o} lets others in, expected 0700",
                                             folder.string(), info.st_mode & 07777));
  }
  return {};
}

core::Result<std::optional<identity::FileLock>> lock_for(const fs::path& folder, Use use) {
  if (use == Use::kRead) {
    return std::optional<identity::FileLock>();
  }
  auto lock = identity::FileLock::acquire(folder / kLockFile);
  return lock ? core::Result<std::optional<identity::FileLock>>(std::move(*lock)) : lock.error();
}

}  // namespace

bool Keystore::exists(const fs::path& folder) {
  return is_there(folder / kKeystoreFile) || is_there(folder / kPreviousKeystoreFile);
}

core::Result<KeystoreHeader> Keystore::header_in(const fs::path& folder) {
  auto found = find_files(folder);
  if (!found) {
    return found.error();
  }
  const auto& first = found->front().file;
  return first ? core::Result<KeystoreHeader>(first->header) : first.error();
}

core::Result<Keystore> Keystore::create(const identity::Host& host, const fs::path& folder,
                                        const KekSource& source, const core::NodeId& node,
                                        std::vector<Entry> entries) {
  if (auto ok = check_private_folder(folder); !ok) {
    return ok.error();
  }
  auto lock = lock_for(folder, Use::kWrite);
  if (!lock) {
    return lock.error();
  }
  if (exists(folder)) {
    return fail(Errc::kConflict, fmt::format("{}: there is a keystore already", folder.string()));
  }
  if (auto ok = sort_and_check(entries); !ok) {
    return ok.error();
  }
  KeystoreHeader header;
  header.generation = 0;  // write() makes it the first
  header.node = node;
  header.kek = source.fresh_info(host.random);
  if (source.kind() == KekKind::kNone) {
    if (auto made = write_kek_file(host.disk, folder, header.kek.file, host.random); !made) {
      return made.error();
    }
  }
  auto kek = source.kek(header.kek, folder);
  if (!kek) {
    return kek.error();
  }
  const KekInfo info = header.kek;
  Keystore made(host, folder, std::move(*lock), {header, {}, std::move(*kek)});
  if (auto written = made.write(entries, info, made.kek_); !written) {
    return written.error();
  }
  made.entries_ = std::move(entries);
  return made;
}

core::Result<Keystore> Keystore::open(const identity::Host& host, const fs::path& folder,
                                      const KekSource& source, Use use) {
  if (auto ok = check_private_folder(folder); !ok) {
    return ok.error();
  }
  auto lock = lock_for(folder, use);
  if (!lock) {
    return lock.error();
  }
  auto found = find_files(folder);
  if (!found) {
    return found.error();
  }
  std::optional<core::Error> first_error;
  for (const Found& one : *found) {
    auto loaded = load(one, source, folder);
    if (!loaded) {
      first_error = first_error.value_or(loaded.error());
      continue;
    }
    const KekInfo info = loaded->header.kek;
    Keystore opened(host, folder, std::move(*lock),
                    {loaded->header, std::move(loaded->entries), std::move(loaded->kek)});
    opened.last_generation_ = last_of(*found, opened.generation());
    opened.fell_back_ = why_not_current(*found, one, source, folder);
    if (auto done = opened.finish_rekey(use, any_under_another(*found, info)); !done) {
      return done.error();
    }
    return opened;
  }
  return *first_error;
}

// A crash in rekey() may have left something under the old KEK.
core::Result<void> Keystore::finish_rekey(Use use, bool is_unfinished) {
  if (use == Use::kRead || fell_back_) {
    return {};
  }
  if (is_unfinished) {
    if (auto written = write(entries_, header_.kek, kek_); !written) {
      return written;
    }
  }
  return clean();
}

core::Result<void> Keystore::commit(std::vector<Entry> entries) {
  if (auto ok = sort_and_check(entries); !ok) {
    return ok;
  }
  if (auto written = write(entries, header_.kek, kek_); !written) {
    return written;
  }
  entries_ = std::move(entries);
  return {};
}

// The next generation. What is good on disk is kept until it is there.
core::Result<void> Keystore::write(const std::vector<Entry>& entries, const KekInfo& info,
                                   const crypto::SecretBytes& kek) {
  RUNARD_CHECK(lock_.has_value());
  KeystoreHeader next = header_;
  next.kek = info;
  next.generation = ++last_generation_;
  if (next.generation > kMaxGeneration) {
    return fail(Errc::kInternal, "the keystore has no generation left");
  }
  const auto file = seal_keystore(next, entries, kek, host_.random);
  if (!file) {
    return file.error();
  }
  // A file that did not load is overwritten, and does not replace the one before it that did.
  const fs::path previous = fell_back_ ? fs::path() : folder_ / kPreviousKeystoreFile;
  auto written = identity::replace_durably(host_.disk, folder_ / kKeystoreFile, *file,
                                           identity::kSecretMode, previous);
  if (!written) {
    return written;
  }
  header_ = next;
  fell_back_.reset();
  return {};
}

core::Result<void> Keystore::rekey(const KekSource& source) {
  const KekInfo info = source.fresh_info(host_.random);
  if (source.kind() == KekKind::kNone) {
    if (auto made = write_kek_file(host_.disk, folder_, info.file, host_.random); !made) {
      return made;
    }
  }
  auto kek = source.kek(info, folder_);
  if (!kek) {
    return kek.error();
  }
  if (auto written = write(entries_, info, *kek); !written) {
    return written;
  }
  kek_ = std::move(*kek);
  // Once more: the generation before the current one is to be under the new KEK too.
  if (auto written = write(entries_, info, kek_); !written) {
    return written;
  }
  return clean();
}

core::Result<void> Keystore::clean() {
  std::vector<envelope::KeyId> used;
  if (header_.kek.kind == KekKind::kNone) {
    used.push_back(header_.kek.file);
  }
  return remove_other_kek_files(host_.disk, folder_, used);
}

}  // namespace runard::keys
