#include "keys/ca_rekey.h"

#include "identity/durable_file.h"
#include "identity/rotation.h"
#include "identity/sealed_key.h"
#include "identity/staged_files.h"
#include "keys/keystore.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using crypto::SecretBytes;
using identity::Authority;

core::Result<KekSource> source_of(const SecretBytes& passphrase) {
  return passphrase.empty() ? core::Result<KekSource>(KekSource::none())
                            : KekSource::passphrase(SecretBytes::copy_of(passphrase.view()));
}

core::Result<void> stage_key(const Authority& ca, const crypto::PrivateKey& key, const char* name,
                             const SecretBytes& fresh, identity::StagedChange& change) {
  const auto text = identity::key_text(key, fresh, ca.host().random);
  if (!text) {
    return text.error();
  }
  change.replaced.emplace_back(name);
  return identity::write_durably(ca.host().disk, ca.folder() / identity::kStagedFolder / name,
                                 text->view(), identity::kSecretMode);
}

// While a rotation is prepared there is the next root's key, too.
core::Result<void> stage_keys(const Authority& ca, const SecretBytes& fresh,
                              identity::StagedChange& change) {
  if (auto ok = stage_key(ca, ca.key(), identity::kCaKeyFile, fresh, change); !ok) {
    return ok;
  }
  const auto next = ca.read_key(ca.folder() / identity::kNextKeyFile);
  if (!next && next.error().code == core::Errc::kCaMissing) {
    return {};
  }
  return next ? stage_key(ca, *next, identity::kNextKeyFile, fresh, change) : next.error();
}

std::string kek_name(const Authority& ca, const Keystore& store) {
  return kek_file(ca.folder(), store.kek().file).filename();
}

core::Result<void> stage_keystore(const Authority& ca, const SecretBytes& passphrase,
                                  const SecretBytes& fresh, identity::StagedChange& change) {
  if (!Keystore::exists(ca.folder())) {
    return {};
  }
  const auto old_source = source_of(passphrase);
  const auto new_source = source_of(fresh);
  if (!old_source || !new_source) {
    return old_source ? new_source.error() : old_source.error();
  }
  const auto store = Keystore::open(ca.host(), ca.folder(), *old_source, Use::kWrite);
  if (!store) {
    return store.error();
  }
  const auto made = Keystore::create(ca.host(), ca.folder() / identity::kStagedFolder, *new_source,
                                     store->node(), copy_of(store->entries()));
  if (!made) {
    return made.error();
  }
  change.replaced.emplace_back(kKeystoreFile);
  change.removed.emplace_back(kPreviousKeystoreFile);
  if (new_source->kind() == KekKind::kNone) {
    change.replaced.push_back(kek_name(ca, *made));
  }
  if (old_source->kind() == KekKind::kNone) {
    change.removed.push_back(kek_name(ca, *store));
  }
  return {};
}

}  // namespace

core::Result<void> rekey_ca(const identity::Host& host, const fs::path& folder,
                            const SecretBytes& passphrase, const SecretBytes& fresh) {
  const auto ca = Authority::open(host, folder, passphrase, Authority::Purpose::kRenewal);
  if (!ca) {
    return ca.error();
  }
  const fs::path staged = folder / identity::kStagedFolder;
  if (auto ok = identity::make_private_folder(host.disk, staged); !ok) {
    return ok;
  }
  identity::StagedChange change;
  if (auto ok = stage_keys(*ca, fresh, change); !ok) {
    return ok;
  }
  if (auto ok = stage_keystore(*ca, passphrase, fresh, change); !ok) {
    return ok;
  }
  return identity::take_staged(host.disk, folder, change);
}

}  // namespace runard::keys
