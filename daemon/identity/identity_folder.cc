#include "identity/identity_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/durable_file.h"
#include "identity/file_lock.h"
#include "identity/fingerprint.h"
#include "identity/name.h"
#include "identity/profile.h"
#include "identity/statement_store.h"
#include "identity/trust_roots.h"

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

// Roots that a known one vouches for, by the bundle's own trust statement.
void add_vouched(const Bundle& bundle, core::WallTime now,
                 std::vector<crypto::Certificate>& known) {
  const auto trust = TrustBundle::create(known);  // an error without roots
  for (const Statement& statement : bundle.statements) {
    if (!trust || statement.key().kind != StatementKind::kTrust || !statement.verify(*trust, now)) {
      continue;
    }
    if (const auto roots = parse_trust_roots(statement.body())) {
      known.insert(known.end(), roots->begin(), roots->end());
    }
  }
}

}  // namespace

core::Result<void> IdentityFolder::prepare(Disk& disk, std::string_view name) const {
  if (auto good = check_name(name, "node"); !good && !name.empty()) {
    return good;
  }
  for (const fs::path& folder : {state_dir_, folder_}) {
    if (auto made = make_private_folder(disk, folder); !made) {
      return made;
    }
  }
  const auto lock = FileLock::acquire(folder_ / kLockFile, kLockPatience);
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

// The roots that are believed today: those of the installed bundle, or what statements made of
// them. None before the first install, and none beside pins: they name what is right.
core::Result<std::vector<crypto::Certificate>> IdentityFolder::known_roots(
    const std::vector<crypto::Sha256>& pins, core::WallTime now) const {
  if (!pins.empty()) {
    return std::vector<crypto::Certificate>();
  }
  const auto installed = bundle();
  if (!installed && installed.error().code != Errc::kIdentityMissing) {
    return installed.error();
  }
  if (!installed) {
    return fail(Errc::kUsage,
                "the first install needs --ca-fingerprint SHA256:..., as 'runarctl ca inspect DIR' "
                "prints it on the CA's machine");
  }
  SystemDisk disk;  // only read
  const auto store = StatementStore::open(disk, state_dir_, installed->roots, now);
  if (!store) {
    return store.error();
  }
  return store->trust().roots();
}

core::Result<void> IdentityFolder::check_roots(const Bundle& bundle,
                                               const std::vector<crypto::Sha256>& pins,
                                               core::WallTime now) const {
  auto known = known_roots(pins, now);
  if (!known) {
    return known.error();
  }
  for (const crypto::Certificate& root : bundle.roots) {
    if (std::ranges::find(pins, root.fingerprint()) != pins.end()) {
      known->push_back(root);
    }
  }
  add_vouched(bundle, now, *known);
  for (const crypto::Certificate& root : bundle.roots) {
    if (std::ranges::find(*known, root) == known->end()) {
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
  const auto lock = FileLock::acquire(folder_ / kLockFile, kLockPatience);
  if (!lock) {
    return lock.error();
  }
  if (auto ok = check_roots(bundle, pins, now); !ok) {
    return ok.error();
  }
  if (auto ok = check_node(bundle, self); !ok) {
    return ok.error();
  }
  auto checked = check_bundle(bundle, now);
  if (!checked) {
    return checked.error();
  }
  if (auto ok = put_statements(disk, bundle, now); !ok) {
    return ok.error();
  }
  const std::string text = bundle.text();
  if (auto ok = write_durably(disk, folder_ / kBundleFile, core::as_bytes(text), kPublicMode);
      !ok) {
    return ok.error();
  }
  return checked;
}

core::Result<void> IdentityFolder::put_statements(Disk& disk, const Bundle& bundle,
                                                  core::WallTime now) const {
  const auto installed = this->bundle();
  auto store =
      StatementStore::open(disk, state_dir_, installed ? installed->roots : bundle.roots, now);
  if (!store) {
    return store.error();
  }
  store->set_patience(kLockPatience);
  std::vector<crypto::Certificate> known = store->trust().roots();
  add_vouched(bundle, now, known);
  const bool another_mesh = std::ranges::none_of(bundle.roots, [&](const auto& root) {
    return std::ranges::find(known, root) != known.end();
  });
  if (another_mesh) {  // its operator named the roots: what the old ones said is void
    if (auto ok = store->clear(now); !ok) {
      return ok;
    }
  }
  if (auto ok = store->install(bundle.roots, now); !ok) {
    return ok;
  }
  for (const Statement& statement : bundle.statements) {
    if (const auto offered = store->offer(statement, now); !offered) {
      return offered.error();
    }
  }
  return {};
}

core::Result<std::size_t> IdentityFolder::install(Disk& disk,
                                                  const std::vector<Statement>& statements,
                                                  core::WallTime now) const {
  const auto installed = bundle();
  if (!installed) {
    return installed.error();
  }
  auto store = StatementStore::open(disk, state_dir_, installed->roots, now);
  if (!store) {
    return store.error();
  }
  store->set_patience(kLockPatience);
  std::size_t news = 0;
  core::Result<void> older;
  for (const Statement& statement : statements) {
    const auto offered = store->offer(statement, now);
    if (!offered) {
      return offered.error();
    }
    if (*offered == StatementStore::Offer::kOlder && older) {
      older = fail(Errc::kStatementOlder,
                   fmt::format("{} of generation {}", kind_name(statement.key().kind),
                               statement.generation()));
    }
    news += *offered == StatementStore::Offer::kAccepted ? 1 : 0;
  }
  return older ? core::Result<std::size_t>(news) : older.error();
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
