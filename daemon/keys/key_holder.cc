#include "keys/key_holder.h"

#include <algorithm>
#include <utility>

#include "keys/network_news.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

// Old agreement keys and profiles end without a time of their own.
constexpr std::uint64_t kLookAgainMs = 60ULL * 60 * 1000;
// For a clock that goes back. Its statement stays at least as long (node::StatementBook).
constexpr std::uint64_t kEndedProfileKept = 24ULL * 60 * 60 * 1000;

}  // namespace

std::uint64_t KeyHolder::now_ms() const {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(world_.clock.wall());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.time_since_epoch().count()));
}

core::Result<void> KeyHolder::start() {
  live_.begin(world_.clock.now());
  std::vector<Entry> entries = copy_of(store_.entries());
  const auto has_storage = std::ranges::find(entries, EntryKind::kStorage, &Entry::kind);
  const bool lacks_storage = has_storage == entries.end();
  if (lacks_storage) {
    add_storage_key(entries, now_ms(), world_.random);
  }
  const bool lacks_key =
      active_entry(entries, EntryKind::kAgreement, KeyId{self_.bytes}) == nullptr;
  if (lacks_key) {
    if (auto ok = add_agreement_key(entries, self_, now_ms(), world_.random); !ok) {
      return ok;
    }
  }
  return lacks_storage || lacks_key ? commit(std::move(entries)) : publish();
}

core::Result<void> KeyHolder::rotate_agreement_key() {
  std::vector<Entry> entries = copy_of(store_.entries());
  if (auto ok = add_agreement_key(entries, self_, now_ms(), world_.random); !ok) {
    return ok;
  }
  return commit(std::move(entries));
}

core::Result<void> KeyHolder::rotate_storage_key() {
  std::vector<Entry> entries = copy_of(store_.entries());
  if (!add_storage_key(entries, now_ms(), world_.random)) {
    return fail(Errc::kConflict, "this node has as many storage keys as it may have");
  }
  return commit(std::move(entries));
}

std::uint32_t KeyHolder::agreement_version() const {
  const Entry* entry = active_entry(store_.entries(), EntryKind::kAgreement, KeyId{self_.bytes});
  return entry == nullptr ? 0 : entry->version;
}

core::Result<void> KeyHolder::take(const identity::Statement& statement) {
  switch (statement.key().kind) {
    case identity::StatementKind::kNetwork:
      return take_network(statement);
    case identity::StatementKind::kProfile:
      return take_profile(statement);
    default:
      return {};
  }
}

core::Result<void> KeyHolder::take_network(const identity::Statement& statement) {
  auto keyring = NetworkKeyring::parse(statement.body());
  if (!keyring) {
    return keyring.error();
  }
  const core::NetworkId id{statement.key().subject.bytes};
  return put_network(id, Network{statement.generation(), std::move(*keyring)});
}

core::Result<void> KeyHolder::put_network(const core::NetworkId& id, const Network& network) {
  std::vector<Entry> entries = copy_of(store_.entries());
  std::uint64_t next = UINT64_MAX;
  released(entries, id, network);
  const auto changed = apply(entries, id, network, next);
  if (!changed) {
    return changed.error();
  }
  if (*changed) {
    if (auto ok = commit(std::move(entries)); !ok) {
      uncommitted_.insert_or_assign(id, network);
      return ok;
    }
  }
  networks_.insert_or_assign(id, network);
  uncommitted_.erase(id);
  return publish();
}

core::Result<void> KeyHolder::try_again() {
  const std::map<core::NetworkId, Network> left = std::exchange(uncommitted_, {});
  auto done = core::Result<void>();
  for (const auto& [id, network] : left) {
    if (auto ok = put_network(id, network); !ok) {
      done = ok;
    }
  }
  return done;
}

// The CA has learned of a newer agreement key: from now on the old one is kept for what is on its
// way.
void KeyHolder::released(std::vector<Entry>& entries, const core::NetworkId& id,
                         const Network& next) const {
  const auto at = networks_.find(id);
  const KeyringMember* was = at == networks_.end() ? nullptr : at->second.keyring.member(self_);
  const KeyringMember* is = next.keyring.member(self_);
  if (was == nullptr || is == nullptr || was->key_version >= is->key_version) {
    return;
  }
  for (Entry& entry : entries) {
    if (entry.kind == EntryKind::kAgreement && entry.state == EntryState::kDecryptOnly &&
        entry.version >= was->key_version && entry.version < is->key_version) {
      entry.changed_ms = static_cast<std::int64_t>(now_ms());
    }
  }
}

// A pending version that every linked member holds is active before its time. That it was is kept
// with the floors, as if its time had come.
void KeyHolder::agree(std::vector<Entry>& entries, const core::NetworkId& id,
                      const Network& network, std::uint64_t& next_ms) {
  NetworkMark mark = mark_of(entries, id);
  const KeyringTimes times(network.keyring, mark.floors, now_ms());
  for (const KeyVersion& version : network.keyring.versions) {
    if (times.state_of(version) != VersionState::kPending ||
        find_entry(entries, EntryKind::kNetwork, KeyId{id.bytes}, version.version) == nullptr) {
      continue;
    }
    const auto when = live_.agreed_at(network.keyring, id, version.version);
    if (!when) {
      continue;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*when - world_.clock.now());
    if (wait.count() > 0) {
      next_ms = std::min(next_ms, now_ms() + static_cast<std::uint64_t>(wait.count()));
      continue;
    }
    mark.floors.encryption = std::max(mark.floors.encryption, version.version);
    set_mark(entries, id, mark, now_ms());
    world_.log.info(
        "a network's new key is in use: all linked members have it",
        {core::field("network", network.keyring.name), core::field("version", version.version)});
  }
}

core::Result<bool> KeyHolder::replace_when_old(std::vector<Entry>& entries,
                                               std::uint64_t& next_ms) {
  const Entry* active = active_entry(entries, EntryKind::kAgreement, KeyId{self_.bytes});
  if (!world_.agreement_age || active == nullptr) {
    return false;
  }
  const std::uint64_t due = replacement_due(*active, *world_.agreement_age);
  if (now_ms() < due) {
    next_ms = std::min(next_ms, due);
    return false;
  }
  const std::uint32_t version = active->version + 1;
  if (auto ok = add_agreement_key(entries, self_, now_ms(), world_.random); !ok) {
    return ok.error();
  }
  world_.log.info(
      "this node's agreement key was old: it has a new one, which the CA hears of with "
      "the next request for a certificate",
      {core::field("version", version)});
  return true;
}

std::set<std::uint32_t> KeyHolder::needed_agreement_keys() const {
  std::set<std::uint32_t> needed;
  for (const auto& [id, network] : networks_) {
    if (const KeyringMember* own = network.keyring.member(self_)) {
      needed.insert(own->key_version);
    }
  }
  return needed;
}

core::Result<bool> KeyHolder::apply(std::vector<Entry>& entries, const core::NetworkId& id,
                                    const Network& network, std::uint64_t& next_ms) {
  const auto taken =
      take_keyring(entries, network.keyring, {id, network.generation}, self_, now_ms());
  if (!taken) {
    return taken.error();
  }
  if (taken->problem) {
    world_.log.warn("the keys of a network can't be opened",
                    {core::field("network", network.keyring.name),
                     core::field("why", core::describe(*taken->problem))});
  }
  next_ms = std::min(next_ms, taken->next_ms.value_or(UINT64_MAX));
  return taken->changed;
}

core::Result<void> KeyHolder::take_profile(const identity::Statement& statement) {
  auto certificate = ProfileCertificate::parse(statement.body());
  if (!certificate) {
    return certificate.error();
  }
  const ProfileId id{statement.key().subject.bytes};
  const auto at = profiles_.find(id);
  if (at != profiles_.end() && at->second.generation > statement.generation()) {
    return fail(Errc::kProfileInvalid, "a newer certificate of the profile is here");
  }
  profiles_.insert_or_assign(id, Profile{statement.generation(), std::move(*certificate)});
  return publish();
}

bool KeyHolder::awaits_certificate(const Delegation& delegation) const {
  const auto profile = profiles_.find(delegation.profile);
  return delegation.node == self_ &&
         (profile == profiles_.end() || profile->second.certificate.version < delegation.version);
}

core::Result<void> KeyHolder::take(const Delegation& delegation) {
  const auto profile = profiles_.find(delegation.profile);
  if (profile == profiles_.end() || profile->second.certificate.version != delegation.version) {
    return fail(Errc::kKeyMissing, "the profile's certificate of that version is not here");
  }
  if (delegation.node != self_) {
    return fail(Errc::kKeyMissing, "the profile's key is for another node");
  }
  const Entry* own = find_entry(store_.entries(), EntryKind::kAgreement, KeyId{self_.bytes},
                                delegation.key_version);
  if (own == nullptr) {
    return fail(Errc::kKeyMissing, "the profile's key is for another agreement key of this node");
  }
  const auto key = crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, own->secret.view());
  if (!key) {
    return key.error();
  }
  const ProfileCertificate& certificate = profile->second.certificate;
  auto secret = delegation.open(*key, certificate.key);
  if (!secret) {
    return secret.error();
  }
  std::vector<Entry> entries = copy_of(store_.entries());
  for (Entry& entry : entries) {
    if (entry.kind == EntryKind::kProfile && entry.id == delegation.profile) {
      set_state(entry, EntryState::kDecryptOnly, now_ms());
    }
  }
  std::erase_if(entries, [&](const Entry& entry) {
    return entry.kind == EntryKind::kProfile && entry.id == delegation.profile &&
           entry.version == delegation.version;
  });
  const auto now = static_cast<std::int64_t>(now_ms());
  entries.push_back({EntryKind::kProfile, delegation.profile, delegation.version,
                     EntryState::kActive, now, now, certificate.name, std::move(*secret)});
  return commit(std::move(entries));
}

core::Result<core::WallTime> KeyHolder::tick() {
  if (now_ms() >= first_end_ms_) {
    std::erase_if(profiles_, [now = now_ms()](const auto& one) {
      return one.second.certificate.not_after_ms + kEndedProfileKept < now;
    });
    if (auto ok = publish(); !ok) {
      return ok.error();
    }
  }
  if (auto ok = try_again(); !ok) {
    return ok.error();
  }
  std::vector<Entry> entries = copy_of(store_.entries());
  std::uint64_t next = std::min(now_ms() + kLookAgainMs, first_end_ms_);
  bool changed = drop_old_agreement_keys(entries, needed_agreement_keys(), now_ms());
  const auto replaced = replace_when_old(entries, next);
  if (!replaced) {
    return replaced.error();
  }
  changed |= *replaced;
  for (const auto& [id, network] : networks_) {
    const NetworkMark before = mark_of(entries, id);
    agree(entries, id, network, next);
    changed |= !(mark_of(entries, id) == before);
    const auto applied = apply(entries, id, network, next);
    changed |= applied.has_value() && *applied;
  }
  if (changed) {
    if (auto ok = commit(std::move(entries)); !ok) {
      return ok.error();
    }
  }
  return core::WallTime(std::chrono::milliseconds(next));
}

// Durable first: what is in use was never only in memory.
core::Result<void> KeyHolder::commit(std::vector<Entry> entries) {
  if (auto ok = store_.commit(std::move(entries)); !ok) {
    return ok;
  }
  return publish();
}

}  // namespace runard::keys
