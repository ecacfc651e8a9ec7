#include "keys/node_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/identity_folder.h"
#include "identity/profile.h"
#include "keys/entries.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;
using identity::IdentityFolder;

core::Result<Keystore> create_with(const identity::Host& host, const fs::path& state_dir,
                                   const crypto::PrivateKey& key, const KekSource& source) {
  auto pem = key.pem();
  if (!pem) {
    return pem.error();
  }
  const core::NodeId node = identity::node_id_of(key.public_key());
  Entry entry;
  entry.kind = EntryKind::kIdentity;
  entry.id.bytes = node.bytes;
  entry.created_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(host.clock.wall().time_since_epoch())
          .count();
  entry.changed_ms = entry.created_ms;
  entry.secret = std::move(*pem);
  std::vector<Entry> entries;
  const auto now = static_cast<std::uint64_t>(entry.created_ms);
  entries.push_back(std::move(entry));
  if (auto made = add_agreement_key(entries, node, now, host.random); !made) {
    return made.error();
  }
  return Keystore::create(host, state_dir, source, node, std::move(entries));
}

// The folder may be older than the keystore, and open to others. Somebody else's is reported when
// it is used.
void make_private(const fs::path& state_dir) {
  std::error_code ignored;
  fs::permissions(state_dir, fs::perms::owner_all, ignored);
}

// The node.key of an earlier version goes once its key is in the keystore; a crash in between is
// made good at the next start.
core::Result<void> take_over_old_key(const identity::Host& host, const fs::path& state_dir,
                                     const KekSource& source, const core::Log& log) {
  const IdentityFolder folder(state_dir);
  const auto key = folder.old_key();
  if (!key) {
    return key.error();
  }
  if (!Keystore::exists(state_dir)) {
    make_private(state_dir);
    if (auto made = create_with(host, state_dir, *key, source); !made) {
      return made.error();
    }
  }
  const auto header = Keystore::header_in(state_dir);
  if (!header) {
    return header.error();
  }
  if (header->node != identity::node_id_of(key->public_key())) {
    return fail(
        Errc::kConflict,
        fmt::format("{}: identity/node.key is the key of node {}, the keystore is node {}'s; "
                    "move away the one that is wrong",
                    state_dir.string(), identity::node_id_of(key->public_key()).text(),
                    header->node.text()));
  }
  if (auto removed = folder.remove_old_key(host.disk); !removed) {
    return removed;
  }
  log.info("the node's key moved from identity/node.key into the keystore",
           {core::field("node", header->node.text())});
  return {};
}

core::Error missing(const fs::path& state_dir) {
  const auto bundle = IdentityFolder(state_dir).bundle();
  const bool never_was = !bundle && bundle.error().code == Errc::kIdentityMissing;
  return fail(never_was ? Errc::kIdentityMissing : Errc::kKeystoreMissing,
              fmt::format("{}: no keystore", state_dir.string()));
}

}  // namespace

core::Result<core::NodeId> make_identity(const identity::Host& host, const fs::path& state_dir,
                                         std::string_view name, const KekSource& source) {
  const IdentityFolder folder(state_dir);
  if (Keystore::exists(state_dir) || folder.has_old_key()) {
    return fail(Errc::kConflict,
                fmt::format("{}: this node has an identity already", state_dir.string()));
  }
  const auto key = crypto::PrivateKey::generate();
  if (!key) {
    return key.error();
  }
  if (auto ready = folder.prepare(host.disk, name); !ready) {
    return ready.error();
  }
  make_private(state_dir);
  const auto made = create_with(host, state_dir, *key, source);
  return made ? core::Result<core::NodeId>(made->node()) : made.error();
}

core::Result<Keystore> open_node_keystore(const identity::Host& host, const fs::path& state_dir,
                                          const KekSource& source, Use use, const core::Log& log) {
  if (IdentityFolder(state_dir).has_old_key()) {
    if (auto taken = take_over_old_key(host, state_dir, source, log); !taken) {
      return taken.error();
    }
  }
  if (!Keystore::exists(state_dir)) {
    return missing(state_dir);
  }
  const auto kind = kek_kind_of(state_dir);
  const bool is_plain = kind && *kind == KekKind::kNone;
  const KekSource plain = KekSource::none();
  auto opened = Keystore::open(host, state_dir, is_plain ? plain : source, use);
  if (!opened) {
    return opened;
  }
  if (opened->fell_back()) {
    log.error("the keystore's newest file is damaged, the one before it is used",
              {core::field("generation", opened->generation()),
               core::field("why", core::describe(*opened->fell_back()))});
  }
  if (is_plain && source.kind() != KekKind::kNone && use == Use::kWrite) {
    if (auto rekeyed = opened->rekey(source); !rekeyed) {
      return rekeyed.error();
    }
    log.info("the keystore is encrypted from now on",
             {core::field("kek", std::string(kek_text(source.kind())))});
  }
  return opened;
}

core::Result<KekKind> kek_kind_of(const fs::path& state_dir) {
  if (!Keystore::exists(state_dir)) {
    return IdentityFolder(state_dir).has_old_key() ? core::Result<KekKind>(KekKind::kNone)
                                                   : missing(state_dir);
  }
  const auto header = Keystore::header_in(state_dir);
  return header ? core::Result<KekKind>(header->kek.kind) : header.error();
}

core::Result<core::NodeId> node_of(const fs::path& state_dir) {
  if (Keystore::exists(state_dir)) {
    const auto header = Keystore::header_in(state_dir);
    return header ? core::Result<core::NodeId>(header->node) : header.error();
  }
  const IdentityFolder folder(state_dir);
  if (!folder.has_old_key()) {
    return missing(state_dir);
  }
  const auto key = folder.old_key();
  return key ? core::Result<core::NodeId>(identity::node_id_of(key->public_key())) : key.error();
}

core::Result<crypto::PrivateKey> identity_key(const Keystore& store) {
  const auto at = std::ranges::find_if(store.entries(), [](const Entry& entry) {
    return entry.kind == EntryKind::kIdentity && entry.state == EntryState::kActive;
  });
  if (at == store.entries().end()) {
    return fail(Errc::kIdentityMissing, "the keystore has no identity key");
  }
  auto key = crypto::PrivateKey::from_pem(at->secret);
  if (!key) {
    return fail(Errc::kIdentityUnreadable, "the keystore's identity key: " + key.error().about);
  }
  if (identity::node_id_of(key->public_key()) != store.node()) {
    return fail(Errc::kIdentityUnreadable, "the keystore's identity key is not its node's");
  }
  return key;
}

}  // namespace runard::keys
