#include "keys/network_authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/ca_copy.h"
#include "identity/durable_file.h"
#include "identity/revocation.h"
#include "identity/time_text.h"
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

bool present(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
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

std::vector<core::NetworkId> chosen(const std::vector<identity::NetworkDescriptor>& networks,
                                    std::optional<core::NetworkId> only) {
  std::vector<core::NetworkId> ids;
  for (const identity::NetworkDescriptor& network : networks) {
    if (!only || network.id == *only) {
      ids.push_back(network.id);
    }
  }
  return ids;
}

core::Error too_many(const std::string& network) {
  return fail(Errc::kTooLarge, fmt::format("network {} has {} members already, as many as a "
                                           "keyring is for",
                                           network, kMaxMembers));
}

bool has_member(const core::Result<Statement>& statement, const core::NodeId& node) {
  const auto keyring = statement ? NetworkKeyring::parse(statement->body())
                                 : core::Result<NetworkKeyring>(statement.error());
  return keyring && keyring->member(node) != nullptr;
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

core::Result<std::vector<KeyringMember>> NetworkAuthority::members_of(
    const core::NetworkId& network, const identity::Denylist& denied,
    std::set<std::string>* lapsed) const {
  const auto name = name_of(network);
  const auto book = MemberBook::load(folder_);
  const auto issued = identity::Authority::issued_in(folder_).read();
  if (!name || !book || !issued) {
    return !name ? name.error() : !book ? book.error() : issued.error();
  }
  const std::string now = identity::time_text(host_.clock.wall());
  const bool knows_all = !identity::has_copies(folder_);
  std::vector<KeyringMember> members;
  for (const auto& [node, all] : identity::issued_to(*issued)) {
    const identity::IssueRecord* record = all.granted != nullptr ? all.granted : all.newest;
    const MemberBook::Key* key = book->find(node);
    // Times as text in one form and zone are in the order of the times.
    if (key == nullptr || (knows_all && all.ends() <= now) ||
        std::ranges::find(record->networks, *name) == record->networks.end() ||
        book->is_out(network, node) || denied.nodes.contains(node) ||
        denied.memberships.contains({node, network})) {
      continue;
    }
    if (key->not_after_ms > now_ms()) {
      members.push_back({node, key->version, key->key, {}, {}});
    } else if (lapsed != nullptr) {
      lapsed->insert(record->name);
    }
  }
  if (members.size() > kMaxMembers) {
    return too_many(*name);
  }
  return members;
}

// Who was a member has the newest key. That it is owed is forgotten when the statement is written.
core::Result<void> NetworkAuthority::rekey_if_left(Draft& draft, const core::NetworkId& network,
                                                   const std::vector<KeyringMember>& members) {
  const fs::path owed = owed_file(network);
  const bool left = anyone_left(draft.keyring.members, members);
  if (draft.rotated || (!left && !present(owed))) {
    return {};
  }
  if (draft.keyring.versions.size() < kMostUnordered) {
    return add_version(draft, network, {});
  }
  return left ? identity::write_durably(host_.disk, owed, {}, identity::kPublicMode)
              : core::Result<void>();
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
  std::vector<core::ByteView> secrets;
  for (const KeyVersion& version : keyring.versions) {
    const Entry* entry =
        find_entry(store_.entries(), EntryKind::kNetwork, KeyId{network.bytes}, version.version);
    if (entry == nullptr) {
      return fail(Errc::kKeyMissing,
                  fmt::format("{}: version {} of the key of network {} is not in the keystore",
                              folder_.string(), version.version, keyring.name));
    }
    secrets.push_back(entry->secret.view());
  }
  const KeyringContext context{network, draft.generation + 1};
  if (auto ok = seal_keyring(keyring, context, secrets, host_.random); !ok) {
    return ok.error();
  }
  auto statement = ca_.state({{StatementKind::kNetwork, identity::SubjectId{network.bytes}},
                              context.generation,
                              host_.clock.wall(),
                              keyring.bytes()});
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
  if (draft.rotated && present(owed_file(network))) {
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
  return anyone_left(keyring.members, *members) || (room && (old || present(owed_file(network))));
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
  }
  return result;
}

core::Result<std::vector<std::string>> NetworkAuthority::left_by(const core::NodeId& node) const {
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  std::vector<std::string> left;
  for (const identity::NetworkDescriptor& network : *networks) {
    const auto belongs = is_member(network.id, node, {});
    if (!belongs) {
      return belongs.error();
    }
    if (!*belongs && has_member(current(network.id), node)) {
      left.push_back(network.name);
    }
  }
  return left;
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

core::Result<void> NetworkAuthority::exclude(const core::NetworkId& network,
                                             const std::vector<core::NodeId>& nodes) {
  if (nodes.empty()) {
    return {};
  }
  auto book = MemberBook::load(folder_);
  if (!book) {
    return book.error();
  }
  for (const core::NodeId& node : nodes) {
    book->put_out(network, node);
  }
  return book->save(host_.disk);
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

core::Result<std::size_t> NetworkAuthority::check_room(
    const core::NodeId& node, const std::vector<std::string>& networks) const {
  constexpr std::size_t kGrowth = 512;  // of a statement by one member, and by one more version
  const auto known = identity::Authority::networks_in(folder_);
  if (!known) {
    return known.error();
  }
  std::size_t bytes = 0;
  for (const identity::NetworkDescriptor& network : *known) {
    if (std::ranges::find(networks, network.name) == networks.end()) {
      continue;
    }
    const auto members = members_of(network.id, {});
    if (!members) {
      return members.error();
    }
    const bool is_one = std::ranges::find(*members, node, &KeyringMember::node) != members->end();
    if (!is_one && members->size() == kMaxMembers) {
      return too_many(network.name);
    }
    const auto last = current(network.id);
    bytes += (last ? last->pem().size() : 0) + kGrowth;
  }
  return bytes;
}

core::Result<std::vector<Statement>> NetworkAuthority::admit(
    const AgreementRecord& record, const std::vector<core::NetworkId>& networks) {
  auto book = MemberBook::load(folder_);
  if (!book) {
    return book.error();
  }
  if (auto ok = book->put(record); !ok) {
    return ok.error();
  }
  for (const core::NetworkId& network : networks) {
    book->let_in(network, record.node);
  }
  if (auto ok = book->save(host_.disk); !ok) {
    return ok.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : networks) {
    auto statement = refresh(network);
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

core::Result<bool> NetworkAuthority::is_member(const core::NetworkId& network,
                                               const core::NodeId& node,
                                               const identity::Denylist& denied) const {
  const auto members = members_of(network, denied);
  return members ? core::Result<bool>(std::ranges::find(*members, node, &KeyringMember::node) !=
                                      members->end())
                 : members.error();
}

// Who is denied is no member when the new key is made: no crash gives it to them.
core::Result<std::vector<Statement>> NetworkAuthority::remove(const core::NodeId& node,
                                                              std::optional<core::NetworkId> only) {
  const auto networks = identity::Authority::networks_in(folder_);
  if (!networks) {
    return networks.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : chosen(*networks, only)) {
    const auto last = current(network);
    const auto belongs = is_member(network, node, {});
    if ((!last && last.error().code != Errc::kNotFound) || !belongs) {
      return belongs ? last.error() : belongs.error();
    }
    const bool rekey = has_member(last, node) || (only && !*belongs);
    if (!rekey && (!*belongs || !last)) {
      continue;
    }
    auto statement = rekey ? rotate(network, {}) : last;
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

core::Result<std::vector<Statement>> NetworkAuthority::restore(
    const core::NodeId& node, std::optional<core::NetworkId> only) {
  const auto networks = identity::Authority::networks_in(folder_);
  const auto denied = identity::denied_by(ca_);
  if (!networks || !denied) {
    return networks ? denied.error() : networks.error();
  }
  std::vector<Statement> statements;
  for (const core::NetworkId& network : chosen(*networks, only)) {
    const auto belongs = is_member(network, node, *denied);
    if (!belongs) {
      return belongs.error();
    }
    if (!*belongs) {
      continue;
    }
    const auto last = current(network);
    auto statement = has_member(last, node) ? last : refresh(network);
    if (!statement) {
      return statement.error();
    }
    statements.push_back(std::move(*statement));
  }
  return statements;
}

}  // namespace runard::keys
