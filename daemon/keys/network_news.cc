#include "keys/network_news.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

EntryState entry_state(VersionState state) {
  switch (state) {
    case VersionState::kPending:
      return EntryState::kPending;
    case VersionState::kActive:
      return EntryState::kActive;
    default:
      return EntryState::kDecryptOnly;
  }
}

class Taker {
 public:
  Taker(std::vector<Entry>& entries, const NetworkKeyring& keyring, const KeyringContext& context,
        std::uint64_t now_ms)
      : entries_(entries),
        keyring_(keyring),
        context_(context),
        now_ms_(now_ms),
        times_(keyring, mark_of(entries, context.network).floors, now_ms) {}

  Taken take(const core::NodeId& self) {
    Taken taken;
    if (keyring_.member(self) != nullptr && lacks_any()) {
      if (auto ok = unwrap(self); ok) {
        taken.changed = true;
      } else {
        taken.problem = ok.error();
      }
    }
    taken.changed |= drop_retired();
    taken.changed |= set_states();
    taken.changed |=
        set_mark(entries_, context_.network, {times_.floors(), context_.generation}, now_ms_);
    taken.next_ms = times_.next_ms();
    return taken;
  }

 private:
  KeyId id() const { return KeyId{context_.network.bytes}; }
  bool wanted(const KeyVersion& version) const {
    return times_.state_of(version) != VersionState::kRetired &&
           find_entry(entries_, EntryKind::kNetwork, id(), version.version) == nullptr;
  }
  bool lacks_any() const {
    return std::ranges::any_of(keyring_.versions,
                               [&](const KeyVersion& version) { return wanted(version); });
  }

  core::Result<void> unwrap(const core::NodeId& self) {
    const std::uint32_t version = keyring_.member(self)->key_version;
    const Entry* own = find_entry(entries_, EntryKind::kAgreement, KeyId{self.bytes}, version);
    if (own == nullptr) {
      return fail(Errc::kKeyMissing,
                  fmt::format("the keys of network {} are sealed to version {} of this node's "
                              "agreement key, which is not here",
                              keyring_.name, version));
    }
    const auto key =
        crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, own->secret.view());
    if (!key) {
      return key.error();
    }
    auto secrets = open_keyring(keyring_, context_, self, *key);
    if (!secrets) {
      return secrets.error();
    }
    const auto now = static_cast<std::int64_t>(now_ms_);
    for (std::size_t i = 0; i < secrets->size(); ++i) {
      const KeyVersion& made = keyring_.versions[i];
      if (wanted(made)) {
        entries_.push_back({EntryKind::kNetwork, id(), made.version, EntryState::kPending,
                            static_cast<std::int64_t>(made.created_ms), now, keyring_.name,
                            std::move((*secrets)[i])});
      }
    }
    return {};
  }

  // What the CA no longer names is retired as well.
  bool is_retired(const Entry& entry) const {
    const KeyVersion* version = keyring_.find(entry.version);
    return version == nullptr || times_.state_of(*version) == VersionState::kRetired;
  }

  bool drop_retired() {
    return std::erase_if(entries_, [&](const Entry& entry) {
             return entry.kind == EntryKind::kNetwork && entry.id == id() && is_retired(entry);
           }) > 0;
  }

  bool set_states() {
    bool changed = false;
    for (Entry& entry : entries_) {
      if (entry.kind == EntryKind::kNetwork && entry.id == id()) {
        const KeyVersion* version = keyring_.find(entry.version);
        changed |= set_state(entry, entry_state(times_.state_of(*version)), now_ms_);
      }
    }
    return changed;
  }

  std::vector<Entry>& entries_;
  const NetworkKeyring& keyring_;
  const KeyringContext& context_;
  const std::uint64_t now_ms_;
  const KeyringTimes times_;
};

}  // namespace

core::Result<Taken> take_keyring(std::vector<Entry>& entries, const NetworkKeyring& keyring,
                                 const KeyringContext& context, const core::NodeId& self,
                                 std::uint64_t now_ms) {
  if (context.generation < mark_of(entries, context.network).generation) {
    return fail(Errc::kKeyringOlder, fmt::format("generation {} of the keyring of network {}",
                                                 context.generation, keyring.name));
  }
  return Taker(entries, keyring, context, now_ms).take(self);
}

}  // namespace runard::keys
