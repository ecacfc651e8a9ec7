#include "keys/network_authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/durable_file.h"
#include "identity/revocation.h"
#include "keys/entries.h"
#include "keys/keyring_seal.h"

namespace runard::keys {
namespace {

namespace fs = std::filesystem;
using core::Errc;
using core::fail;
using identity::Statement;
using identity::StatementKind;

constexpr std::size_t kMaxStatementText = 256 * 1024;

std::uint64_t ms(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
}

bool same_nodes(const std::vector<KeyringMember>& a, const std::vector<KeyringMember>& b) {
  return std::ranges::equal(a, b, {}, &KeyringMember::node, &KeyringMember::node);
}

bool anyone_left(const std::vector<KeyringMember>& before,
                 const std::vector<KeyringMember>& members) {
  return std::ranges::any_of(before, [&](const KeyringMember& member) {
    return std::ranges::find(members, member.node, &KeyringMember::node) == members.end();
  });
}

// What is retired by now leaves the list; the floors say that it was there.
void prune(NetworkKeyring& keyring, std::uint64_t now_ms) {
  const KeyringTimes times(keyring, {}, now_ms);
  const Floors floors = times.floors();
  std::vector<KeyVersion> left;
  std::ranges::copy_if(keyring.versions, std::back_inserter(left), [&](const KeyVersion& version) {
    return times.state_of(version) != VersionState::kRetired;
  });
  keyring.versions = std::move(left);
  keyring.floors = floors;
}

}  // namespace

core::Result<Keystore> NetworkAuthority::open_store(const identity::Host& host,
                                                    const fs::path& ca_folder,
                                                    const KekSource& source) {
  return Keystore::exists(ca_folder) ? Keystore::open(host, ca_folder, source, Use::kWrite)
                                     : Keystore::create(host, ca_folder, source, {}, {});
}

std::uint64_t NetworkAuthority::now_ms() const {
  return ms(std::chrono::floor<std::chrono::milliseconds>(host_.clock.wall()).time_since_epoch());
}

fs::path NetworkAuthority::file_of(const core::NetworkId& network) const {
  return folder_ / "keyrings" / (network.text() + ".pem");
}

fs::path NetworkAuthority::owed_file(const core::NetworkId& network) const {
  return folder_ / "keyrings" / (network.text() + ".owed");
}

bool NetworkAuthority::owes(const core::NetworkId& network) const {
  std::error_code ignored;
  return fs::exists(owed_file(network), ignored);
}

core::Result<void> NetworkAuthority::owe(const core::NetworkId& network) {
  return identity::write_durably(host_.disk, owed_file(network), {}, identity::kPublicMode);
}

core::Result<std::string> NetworkAuthority::name_of(const core::NetworkId& network) const {
  const auto known = identity::Authority::networks_in(folder_);
  if (!known) {
    return known.error();
  }
  const auto at = std::ranges::find(*known, network, &identity::NetworkDescriptor::id);
  if (at == known->end()) {
    return fail(Errc::kNotFound, fmt::format("no network {} in this mesh", network.text()));
  }
  return at->name;
}

core::Result<Statement> NetworkAuthority::current(const core::NetworkId& network) const {
  const fs::path file = file_of(network);
  const auto text = identity::read_file(file, kMaxStatementText);
  if (!text) {
    return text.error();
  }
  const auto statements = Statement::parse_pem(*text);
  if (!statements || statements->size() != 1) {
    return fail(Errc::kIdentityUnreadable, file.string() + ": not a network's keyring");
  }
  return statements->front();
}

core::Result<NetworkAuthority::Draft> NetworkAuthority::draft_of(
    const core::NetworkId& network) const {
  auto name = name_of(network);
  if (!name) {
    return name.error();
  }
  Draft draft;
  const auto last = current(network);
  if (last) {
    auto keyring = NetworkKeyring::parse(last->body());
    if (!keyring) {
      return keyring.error();
    }
    draft = {std::move(*keyring), last->generation(), false};
    prune(draft.keyring, now_ms());
  } else if (last.error().code != Errc::kNotFound) {
    return last.error();
  }
  draft.keyring.name = std::move(*name);
  return draft;
}

core::Result<void> NetworkAuthority::add_version(Draft& draft, const core::NetworkId& network,
                                                 const Rotation& rotation) {
  std::vector<KeyVersion>& versions = draft.keyring.versions;
  if (versions.size() == kMaxVersions) {
    return fail(Errc::kConflict, fmt::format("network {} has {} versions of its key in use already",
                                             draft.keyring.name, kMaxVersions));
  }
  const auto key = crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, host_.random);
  auto raw = key ? key->raw() : core::Result<crypto::SecretBytes>(key.error());
  if (!raw) {
    return raw.error();
  }
  KeyVersion made{1, key->public_key(), now_ms(), now_ms(), 0};
  if (!versions.empty()) {
    KeyVersion& last = versions.back();
    made.version = last.version + 1;
    made.activates_ms = std::max(now_ms() + ms(rotation.activate_after), last.activates_ms);
    last.retires_ms = made.activates_ms + ms(rotation.overlap);
  }
  std::vector<Entry> entries = copy_of(store_.entries());
  const KeyId id{network.bytes};
  // One of that version is left of a rotation that a crash cut short: no statement names it.
  std::erase_if(entries, [&](const Entry& entry) {
    return entry.kind == EntryKind::kNetwork && entry.id == id && entry.version >= made.version;
  });
  const auto now = static_cast<std::int64_t>(made.created_ms);
  entries.push_back({EntryKind::kNetwork, id, made.version, EntryState::kActive, now, now,
                     draft.keyring.name, std::move(*raw)});
  if (auto ok = store_.commit(std::move(entries)); !ok) {
    return ok;
  }
  versions.push_back(std::move(made));
  draft.rotated = true;
  return {};
}

// Who was a member has the newest key. That it is owed is forgotten when the statement is written.
core::Result<void> NetworkAuthority::rekey_if_left(Draft& draft, const core::NetworkId& network,
                                                   const std::vector<KeyringMember>& members) {
  const bool left = anyone_left(draft.keyring.members, members);
  if (draft.rotated || (!left && !owes(network))) {
    return {};
  }
  if (draft.keyring.versions.size() < kMostUnordered) {
    return add_version(draft, network, {});
  }
  return left ? owe(network) : core::Result<void>();
}

core::Result<core::Bytes> NetworkAuthority::sealed_body(NetworkKeyring& keyring,
                                                        const KeyringContext& context) {
  std::vector<core::ByteView> secrets;
  for (const KeyVersion& version : keyring.versions) {
    const Entry* entry = find_entry(store_.entries(), EntryKind::kNetwork,
                                    KeyId{context.network.bytes}, version.version);
    if (entry == nullptr) {
      return fail(Errc::kKeyMissing,
                  fmt::format("{}: version {} of the key of network {} is not in the keystore",
                              folder_.string(), version.version, keyring.name));
    }
    secrets.push_back(entry->secret.view());
  }
  if (auto ok = seal_keyring(keyring, context, secrets, host_.random); !ok) {
    return ok.error();
  }
  core::Bytes body = keyring.bytes();
  // What is not read again once it is written would stop all that comes after it.
  const auto readable = NetworkKeyring::parse(body);
  return readable ? core::Result<core::Bytes>(std::move(body)) : readable.error();
}

core::Result<Statement> NetworkAuthority::publish(Draft draft, const core::NetworkId& network) {
  const auto denied = identity::denied_by(ca_);
  auto members = denied ? members_of(network, *denied, &lapsed_) : denied.error();
  if (!members) {
    return members.error();
  }
  if (auto ok = rekey_if_left(draft, network, *members); !ok) {
    return ok.error();
  }
  NetworkKeyring& keyring = draft.keyring;
  keyring.epoch += same_nodes(keyring.members, *members) ? 0 : 1;
  keyring.members = std::move(*members);
  const KeyringContext context{network, draft.generation + 1};
  auto body = sealed_body(keyring, context);
  if (!body) {
    return body.error();
  }
  auto statement = ca_.state({{StatementKind::kNetwork, identity::SubjectId{network.bytes}},
                              context.generation,
                              host_.clock.wall(),
                              std::move(*body)});
  if (!statement) {
    return statement.error();
  }
  if (auto ok = identity::make_private_folder(host_.disk, folder_ / "keyrings"); !ok) {
    return ok.error();
  }
  const std::string text = statement->pem();
  const auto written = identity::write_durably(host_.disk, file_of(network), core::as_bytes(text),
                                               identity::kPublicMode);
  if (!written) {
    return written.error();
  }
  if (draft.rotated && owes(network)) {
    if (auto ok = identity::remove_durably(host_.disk, owed_file(network)); !ok) {
      return ok.error();
    }
  }
  if (auto ok = drop_unnamed(network, keyring); !ok) {
    return ok.error();
  }
  return statement;
}

core::Result<void> NetworkAuthority::drop_unnamed(const core::NetworkId& network,
                                                  const NetworkKeyring& keyring) {
  std::vector<Entry> entries = copy_of(store_.entries());
  const auto dropped = std::erase_if(entries, [&](const Entry& entry) {
    return entry.kind == EntryKind::kNetwork && entry.id == KeyId{network.bytes} &&
           keyring.find(entry.version) == nullptr;
  });
  return dropped == 0 ? core::Result<void>() : store_.commit(std::move(entries));
}

core::Result<Statement> NetworkAuthority::refresh(const core::NetworkId& network) {
  auto draft = draft_of(network);
  if (!draft) {
    return draft.error();
  }
  if (draft->keyring.versions.empty()) {
    if (auto ok = add_version(*draft, network, {}); !ok) {
      return ok.error();
    }
  }
  return publish(std::move(*draft), network);
}

core::Result<bool> NetworkAuthority::is_due(const core::NetworkId& network,
                                            std::optional<std::chrono::milliseconds> age) const {
  const auto denied = identity::denied_by(ca_);
  const auto draft = draft_of(network);
  const auto members = denied ? members_of(network, *denied) : denied.error();
  if (!draft || !members) {
    return draft ? members.error() : draft.error();
  }
  const NetworkKeyring& keyring = draft->keyring;
  const bool room = keyring.versions.size() < kMostUnordered;
  const bool old = age && !keyring.versions.empty() && !members->empty() &&
                   now_ms() >= keyring.versions.back().created_ms + ms(*age);
  return anyone_left(keyring.members, *members) || (room && (old || owes(network)));
}

core::Result<std::optional<Statement>> NetworkAuthority::keep_up(
    const core::NetworkId& network, std::optional<std::chrono::milliseconds> age) {
  const auto due = is_due(network, age);
  if (!due) {
    return due.error();
  }
  if (!*due) {
    return std::optional<Statement>();
  }
  const auto draft = draft_of(network);
  const bool room = draft && draft->keyring.versions.size() < kMostUnordered;
  auto statement = room ? rotate(network, {}) : refresh(network);
  return statement ? core::Result<std::optional<Statement>>(std::move(*statement))
                   : statement.error();
}

Upkeep NetworkAuthority::upkeep(std::optional<std::chrono::milliseconds> age) {
  Upkeep result;
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    result.failed = networks.error();
    return result;
  }
  for (const identity::NetworkDescriptor& network : *networks) {
    auto made = keep_up(network.id, age);
    if (made && *made) {
      result.made.push_back(std::move(**made));
    } else if (!made && !result.failed) {
      result.failed = made.error();
    }
    auto newest = current(network.id);
    if (newest && newest->signer() == ca_.key().public_key()) {
      result.newest.push_back(std::move(*newest));
    }
  }
  return result;
}

core::Result<std::vector<Statement>> NetworkAuthority::sign_again(bool all) {
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  std::vector<Statement> made;
  for (const identity::NetworkDescriptor& network : *networks) {
    const auto last = current(network.id);
    if (!last && last.error().code != Errc::kNotFound) {
      return last.error();
    }
    const bool own = last && last->signer() == ca_.key().public_key();
    if (!last || (own && !all)) {
      continue;
    }
    auto statement = own ? last : refresh(network.id);
    if (!statement) {
      return statement.error();
    }
    made.push_back(std::move(*statement));
  }
  return made;
}

// Who is put out is so before the new key is made: no crash gives it to them.
core::Result<Statement> NetworkAuthority::rotate(const core::NetworkId& network,
                                                 const Rotation& rotation) {
  auto draft = draft_of(network);
  if (!draft) {
    return draft.error();
  }
  if (auto ok = exclude(network, rotation.exclude); !ok) {
    return ok.error();
  }
  if (auto ok = add_version(*draft, network, rotation); !ok) {
    return ok.error();
  }
  return publish(std::move(*draft), network);
}

}  // namespace runard::keys
