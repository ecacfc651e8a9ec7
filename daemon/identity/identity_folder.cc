#include "identity/identity_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/durable_file.h"
#include "identity/file_lock.h"
#include "identity/fingerprint.h"
#include "identity/name.h"
#include "identity/profile.h"

namespace runard::identity {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;

constexpr const char* kKeyFile = "node.key";
constexpr const char* kNameFile = "node.name";
constexpr const char* kBundleFile = "node.bundle";
constexpr const char* kLockFile = "lock";

// What is not there is missing; the rest keeps its own error.
core::Error missing_if_absent(core::Error error) {
  if (error.code == Errc::kNotFound) {
    error.code = Errc::kIdentityMissing;
  }
  return error;
}

}  // namespace

core::Result<void> IdentityFolder::prepare(Disk& disk, std::string_view name) const {
  if (!name.empty() && !valid_name(name)) {
    return fail(Errc::kInvalidArgument, "not a name for a node");
  }
  for (const fs::path& folder : {state_dir_, folder_}) {
    if (auto made = make_private_folder(disk, folder); !made) {
      return made;
    }
  }
  const auto lock = FileLock::acquire(folder_ / kLockFile);
  if (!lock) {
    return lock.error();
  }
  if (name.empty()) {
    return {};
  }
  const std::string line = std::string(name) + "\n";
  return write_durably(disk, folder_ / kNameFile, core::as_bytes(line), kPublicMode);
}

bool IdentityFolder::has_old_key() const {
  std::error_code ignored;
  return fs::symlink_status(folder_ / kKeyFile, ignored).type() != fs::file_type::not_found;
}

core::Result<crypto::PrivateKey> IdentityFolder::old_key() const {
  const fs::path file = folder_ / kKeyFile;
  const auto text = read_secret(file);
  if (!text) {
    return missing_if_absent(text.error());
  }
  auto key = crypto::PrivateKey::from_pem(*text);
  if (!key) {
    return fail(Errc::kIdentityUnreadable, fmt::format("{}: {}", file.string(), key.error().about));
  }
  return key;
}

core::Result<void> IdentityFolder::remove_old_key(Disk& disk) const {
  return remove_durably(disk, folder_ / kKeyFile);
}

core::Result<std::string> IdentityFolder::name() const {
  const fs::path file = folder_ / kNameFile;
  auto text = read_file(file, kMaxName + 1);
  if (!text) {
    return text.error().code == Errc::kNotFound ? core::Result<std::string>("") : text;
  }
  if (text->ends_with('\n')) {
    text->pop_back();
  }
  if (!valid_name(*text)) {
    return fail(Errc::kIdentityUnreadable, file.string() + ": not a node's name");
  }
  return text;
}

core::Result<Bundle> IdentityFolder::bundle() const {
  const fs::path file = folder_ / kBundleFile;
  const auto text = read_file(file);
  if (!text) {
    return missing_if_absent(text.error());
  }
  auto bundle = Bundle::parse(*text);
  if (!bundle) {
    return fail(Errc::kIdentityUnreadable,
                fmt::format("{}: {}", file.string(), bundle.error().about));
  }
  return bundle;
}

core::Result<void> IdentityFolder::check_roots(const Bundle& bundle,
                                               const std::vector<crypto::Sha256>& pins) const {
  const auto installed = this->bundle();
  if (!installed && installed.error().code != Errc::kIdentityMissing && pins.empty()) {
    return installed.error();
  }
  if (!installed && pins.empty()) {
    return fail(Errc::kUsage,
                "the first install needs --ca-fingerprint SHA256:..., as 'runarctl ca inspect DIR' "
                "prints it on the CA's machine");
  }
  for (const crypto::Certificate& root : bundle.roots) {
    const bool known =
        pins.empty() && std::ranges::find(installed->roots, root) != installed->roots.end();
    if (!known && std::ranges::find(pins, root.fingerprint()) == pins.end()) {
      return fail(Errc::kFingerprintMismatch,
                  fmt::format("the bundle's CA is {}, which is {}", fingerprint_text(root),
                              pins.empty() ? "not the installed one" : "not the one you named"));
    }
  }
  return {};
}

core::Result<CheckedBundle> IdentityFolder::install(Disk& disk, const Bundle& bundle,
                                                    const std::vector<crypto::Sha256>& pins,
                                                    core::WallTime now,
                                                    const core::NodeId& self) const {
  const auto lock = FileLock::acquire(folder_ / kLockFile);
  if (!lock) {
    return lock.error();
  }
  if (auto ok = check_roots(bundle, pins); !ok) {
    return ok.error();
  }
  if (auto ok = check_node(bundle, self); !ok) {
    return ok.error();
  }
  auto checked = check_bundle(bundle, now);
  if (!checked) {
    return checked.error();
  }
  const std::string text = bundle.text();
  if (auto ok = write_durably(disk, folder_ / kBundleFile, core::as_bytes(text), kPublicMode);
      !ok) {
    return ok.error();
  }
  return checked;
}

core::Result<void> check_node(const Bundle& bundle, const core::NodeId& self) {
  const auto certified = bundle.certificate.public_key();
  if (!certified) {
    return certified.error();
  }
  if (node_id_of(*certified) != self) {
    return fail(Errc::kCertificateMismatch,
                fmt::format("the certificate is for node {}, this is node {}",
                            node_id_of(*certified).text(), self.text()));
  }
  return {};
}

}  // namespace runard::identity
