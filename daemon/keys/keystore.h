// Keystore: all private keys of a node in one encrypted file, STATE/keystore.rks.
//
//   keystore.rks     the current generation (README.md has the bytes), 0600
//   keystore.rks.1   the one before it
//   keystore.kek-ID  only without a passphrase or credential: the key of the two, in clear, 0600
//   keystore.lock    held by whoever may write
//
// The folder is 0700 and this user's. A commit writes the next generation to a temporary file and
// renames: after a crash at any step the old or the new one loads. Opening takes the highest
// generation that authenticates; no generation's number is used twice.
//
// Errors: kKeystoreMissing; kKeystoreDamaged, kKeystoreUnsupported, kKeystoreLocked (wrong key or
// changed file), kKeystoreKek; kFileMode; kStateLocked when somebody else may write; kSystem.
// Threading: one thread at a time; reads and writes files, so never the control strand once the
// daemon runs.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "identity/authority.h"
#include "identity/file_lock.h"
#include "keys/entry.h"
#include "keys/kek_source.h"
#include "keys/keystore_file.h"

namespace runard::keys {

inline constexpr const char* kKeystoreFile = "keystore.rks";
inline constexpr const char* kPreviousKeystoreFile = "keystore.rks.1";

enum class Use : std::uint8_t { kRead, kWrite };

class Keystore {
 public:
  // The first generation. kConflict when there is a keystore, whatever its condition.
  static core::Result<Keystore> create(const identity::Host& host,
                                       const std::filesystem::path& folder, const KekSource& source,
                                       const core::NodeId& node, std::vector<Entry> entries);
  // kRead takes no lock and can't commit.
  static core::Result<Keystore> open(const identity::Host& host,
                                     const std::filesystem::path& folder, const KekSource& source,
                                     Use use);

  // Whether there is one, whatever its condition.
  static bool exists(const std::filesystem::path& folder);
  // What the file says of itself, without a key: nothing of it is proven.
  static core::Result<KeystoreHeader> header_in(const std::filesystem::path& folder);

  const core::NodeId& node() const { return header_.node; }
  std::uint64_t generation() const { return header_.generation; }
  const KekInfo& kek() const { return header_.kek; }
  // Why the current file could not be taken and the one before it was; else empty.
  const std::optional<core::Error>& fell_back() const { return fell_back_; }

  // Ascending by kind, id, version.
  const std::vector<Entry>& entries() const { return entries_; }
  // Makes these the entries, durably. After an error the old ones stand here, and on disk the old
  // or, if only its last step failed, the new. kInvalidArgument and kTooLarge for bad entries.
  core::Result<void> commit(std::vector<Entry> entries);

  // Encrypts both generations under another KEK, so that the old one opens nothing any more.
  core::Result<void> rekey(const KekSource& source);

 private:
  struct Loaded {
    KeystoreHeader header;
    std::vector<Entry> entries;
    crypto::SecretBytes kek;
  };
  Keystore(const identity::Host& host, std::filesystem::path folder,
           std::optional<identity::FileLock> lock, Loaded loaded)
      : host_(host),
        folder_(std::move(folder)),
        lock_(std::move(lock)),
        header_(loaded.header),
        entries_(std::move(loaded.entries)),
        kek_(std::move(loaded.kek)),
        last_generation_(header_.generation) {}
  core::Result<void> write(const std::vector<Entry>& entries, const KekInfo& info,
                           const crypto::SecretBytes& kek);
  core::Result<void> finish_rekey(Use use, bool is_unfinished);
  core::Result<void> clean();

  identity::Host host_;
  std::filesystem::path folder_;
  std::optional<identity::FileLock> lock_;  // none: for reading
  KeystoreHeader header_;
  std::vector<Entry> entries_;
  crypto::SecretBytes kek_;
  std::uint64_t last_generation_;  // the highest that was ever tried
  std::optional<core::Error> fell_back_;
};

}  // namespace runard::keys
