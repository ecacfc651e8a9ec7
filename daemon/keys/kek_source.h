// KekSource: what a keystore is encrypted under, as its operator gives it, and the key (KEK) that
// comes of it.
//
// Move-only; no way to print it. Passphrases and credentials come from files or a terminal, never
// from arguments or the environment.
#pragma once

#include <filesystem>
#include <optional>

#include "core/random.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"
#include "identity/disk.h"
#include "keys/keystore_header.h"

namespace runard::keys {

inline constexpr std::size_t kMinCredential = 32;
inline constexpr std::size_t kMaxCredential = 4096;
inline constexpr std::size_t kMaxPassphrase = 1024;
inline constexpr const char* kCredentialName = "runard.kek";

class KekSource {
 public:
  // A random key in a file beside the keystore.
  static KekSource none() { return KekSource(KekKind::kNone, {}, {}); }
  // Random bytes, as systemd hands them over; kInvalidArgument unless 32 to 4096 of them.
  static core::Result<KekSource> systemd(crypto::SecretBytes credential);
  // Text; kInvalidArgument when it is empty or longer than kMaxPassphrase. `cost` is for keystores
  // that are made or rekeyed with it; to open one its own is taken.
  static core::Result<KekSource> passphrase(crypto::SecretBytes text,
                                            const crypto::Argon2Params& cost = {});

  // The credential "runard.kek" in the folder that $CREDENTIALS_DIRECTORY names. kKeystoreKek when
  // it is not there.
  static core::Result<KekSource> from_credentials(const std::filesystem::path& folder);
  static bool has_credential(const std::filesystem::path& folder);
  // The file's bytes without the newline at their end. kKeystoreKek, and read_secret's errors.
  static core::Result<KekSource> from_passphrase_file(const std::filesystem::path& file);

  KekKind kind() const { return kind_; }

  // How a new keystore is to find its KEK: new salts and names each time.
  KekInfo fresh_info(core::Random& random) const;

  // The KEK by that description. kKeystoreKek when it is of another kind, or its file is missing;
  // takes as long as Argon2 does.
  core::Result<crypto::SecretBytes> kek(const KekInfo& info,
                                        const std::filesystem::path& folder) const;

 private:
  KekSource(KekKind kind, crypto::SecretBytes secret, const crypto::Argon2Params& cost)
      : kind_(kind), secret_(std::move(secret)), cost_(cost) {}

  KekKind kind_;
  crypto::SecretBytes secret_;
  crypto::Argon2Params cost_;
};

// kNone: the file in the keystore's folder that has the KEK.
std::filesystem::path kek_file(const std::filesystem::path& folder, const envelope::KeyId& id);

// Makes that file, with a random KEK, durably.
core::Result<void> write_kek_file(identity::Disk& disk, const std::filesystem::path& folder,
                                  const envelope::KeyId& id, core::Random& random);

// Removes all such files but the named ones, durably.
core::Result<void> remove_other_kek_files(identity::Disk& disk, const std::filesystem::path& folder,
                                          const std::vector<envelope::KeyId>& keep);

}  // namespace runard::keys
