#include "keys/kek_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/argon2.h"
#include "crypto/hkdf.h"
#include "identity/durable_file.h"
#include "keys/keystore_file.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr std::string_view kFilePrefix = "keystore.kek-";
constexpr std::string_view kCredentialInfo = "runard v1 keystore credential";

core::Error no_kek(std::string about) {
  return fail(Errc::kKeystoreKek, std::move(about));
}

// Credentials may have any length; a KEK has one.
crypto::SecretBytes kek_of_credential(const crypto::SecretBytes& credential) {
  crypto::Hkdf hkdf;
  hkdf.extract(credential.view());
  crypto::SecretBytes kek(kKekSize);
  (void)hkdf.expand(core::as_bytes(kCredentialInfo), kek.bytes());  // 32 bytes are never too many
  return kek;
}

core::Result<crypto::SecretBytes> read_kek_file(const fs::path& file) {
  auto kek = identity::read_secret(file);
  if (!kek && kek.error().code == Errc::kNotFound) {
    return no_kek(fmt::format("{}: the file with the keystore's key is missing", file.string()));
  }
  if (kek && kek->size() != kKekSize) {
    return no_kek(fmt::format("{}: not a key of {} bytes", file.string(), kKekSize));
  }
  return kek;
}

}  // namespace

core::Result<KekSource> KekSource::systemd(crypto::SecretBytes credential) {
  if (credential.size() < kMinCredential || credential.size() > kMaxCredential) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("the credential {} is {} bytes long; it has to be {} to {} random bytes",
                    kCredentialName, credential.size(), kMinCredential, kMaxCredential));
  }
  return KekSource(KekKind::kSystemd, std::move(credential), {});
}

core::Result<KekSource> KekSource::passphrase(crypto::SecretBytes text,
                                              const crypto::Argon2Params& cost) {
  if (text.empty() || text.size() > kMaxPassphrase) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a passphrase has 1 to {} bytes", kMaxPassphrase));
  }
  return KekSource(KekKind::kPassphrase, std::move(text), cost);
}

bool KekSource::has_credential(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kCredentialName, ignored);
}

core::Result<KekSource> KekSource::from_credentials(const fs::path& folder) {
  if (folder.empty() || !has_credential(folder)) {
    return no_kek(fmt::format("systemd passed no credential {}", kCredentialName));
  }
  auto credential = identity::read_credential(folder / kCredentialName);
  return credential ? systemd(std::move(*credential)) : credential.error();
}

core::Result<KekSource> KekSource::from_passphrase_file(const fs::path& file) {
  auto text = identity::read_secret(file);
  if (!text) {
    return text.error().code == Errc::kNotFound ? no_kek(text.error().about) : text.error();
  }
  core::ByteView view = text->view();
  if (!view.empty() && view.back() == '\n') {
    view = view.first(view.size() - 1);
  }
  auto source = passphrase(crypto::SecretBytes::copy_of(view));
  return source ? std::move(source)
                : no_kek(fmt::format("{}: {}", file.string(), source.error().about));
}

KekInfo KekSource::fresh_info(core::Random& random) const {
  KekInfo info;
  info.kind = kind_;
  if (kind_ == KekKind::kNone) {
    random.fill(info.file.bytes);
  } else if (kind_ == KekKind::kPassphrase) {
    info.cost = cost_;
    random.fill(info.salt);
  }
  return info;
}

core::Result<crypto::SecretBytes> KekSource::kek(const KekInfo& info,
                                                 const fs::path& folder) const {
  if (info.kind != kind_) {
    return no_kek(fmt::format("the keystore is encrypted under \"{}\", and \"{}\" was given",
                              kek_text(info.kind), kek_text(kind_)));
  }
  switch (kind_) {
    case KekKind::kNone:
      return read_kek_file(kek_file(folder, info.file));
    case KekKind::kSystemd:
      return kek_of_credential(secret_);
    case KekKind::kPassphrase:
      break;
  }
  return crypto::argon2id(secret_, info.salt, info.cost);
}

fs::path kek_file(const fs::path& folder, const envelope::KeyId& id) {
  return folder / (std::string(kFilePrefix) + id.text());
}

core::Result<void> write_kek_file(identity::Disk& disk, const fs::path& folder,
                                  const envelope::KeyId& id, core::Random& random) {
  crypto::SecretBytes kek(kKekSize);
  random.fill(kek.bytes());
  return identity::write_durably(disk, kek_file(folder, id), kek.view(), identity::kSecretMode);
}

core::Result<void> remove_other_kek_files(identity::Disk& disk, const fs::path& folder,
                                          const std::vector<envelope::KeyId>& keep) {
  std::vector<fs::path> stale;
  std::error_code error;
  for (const auto& found : fs::directory_iterator(folder, error)) {
    const std::string name = found.path().filename().string();
    const auto id = name.starts_with(kFilePrefix)
                        ? envelope::KeyId::parse(std::string_view(name).substr(kFilePrefix.size()))
                        : std::nullopt;
    if (id && std::ranges::find(keep, *id) == keep.end()) {
      stale.push_back(found.path());
    }
  }
  if (error) {
    return identity::system_error(folder, "list", error.value());
  }
  for (const fs::path& file : stale) {
    if (const int failed = disk.remove(file); failed < 0) {
      return identity::system_error(file, "remove", -failed);
    }
  }
  const int failed = stale.empty() ? 0 : disk.sync_folder(folder);
  return failed < 0 ? identity::system_error(folder, "fsync", -failed) : core::Result<void>();
}

}  // namespace runard::keys
