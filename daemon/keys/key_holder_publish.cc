// What a node's keys come to, for the ring, the directory and people.
#include <algorithm>

#include "keys/key_holder.h"

namespace runard::keys {
namespace {

KeyInfo info_of(const Entry& entry) {
  return {entry.kind, entry.id,         entry.version,   entry.state,
          entry.name, entry.created_ms, entry.changed_ms};
}

std::optional<envelope::KeyKind> address_kind(EntryKind kind) {
  switch (kind) {
    case EntryKind::kAgreement:
      return envelope::KeyKind::kNode;
    case EntryKind::kNetwork:
      return envelope::KeyKind::kNetwork;
    case EntryKind::kProfile:
      return envelope::KeyKind::kProfile;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<HeldVersion> KeyHolder::held_versions() const {
  std::map<core::NetworkId, std::uint32_t> newest;
  for (const Entry& entry : store_.entries()) {
    if (entry.kind == EntryKind::kNetwork) {
      std::uint32_t& version = newest[core::NetworkId{entry.id.bytes}];
      version = std::max(version, entry.version);
    }
  }
  std::vector<HeldVersion> held;
  for (const auto& [network, version] : newest) {
    held.push_back({network, version});
  }
  return held;
}

std::optional<NetworkInfo> KeyHolder::network_info(const core::NetworkId& network) const {
  const auto at = networks_.find(network);
  if (at == networks_.end()) {
    return std::nullopt;
  }
  const NetworkKeyring& keyring = at->second.keyring;
  NetworkInfo info{keyring.name,
                   at->second.generation,
                   keyring.epoch,
                   keyring.members.size(),
                   keyring.member(self_) != nullptr,
                   {}};
  const KeyringTimes times(keyring, mark_of(store_.entries(), network).floors, now_ms());
  for (const KeyVersion& version : keyring.versions) {
    const VersionState state = times.state_of(version);
    const bool held = find_entry(store_.entries(), EntryKind::kNetwork, KeyId{network.bytes},
                                 version.version) != nullptr;
    info.versions.push_back({version.version, state, version.activates_ms, version.retires_ms, held,
                             live_.lacking(keyring, network, version.version)});
  }
  return info;
}

core::Result<void> KeyHolder::publish() {
  auto keys = held();
  if (!keys) {
    return keys.error();
  }
  if (auto ok = world_.ring.hold(std::move(*keys)); !ok) {
    return ok;
  }
  storage_.hold(store_.entries());
  DirectoryContents shown = contents();
  first_end_ms_ = UINT64_MAX;
  for (const ProfileEntry& profile : shown.profiles) {
    first_end_ms_ = std::min(first_end_ms_, profile.not_after_ms);
  }
  world_.directory.replace(std::move(shown));
  auto list = std::make_shared<std::vector<KeyInfo>>();
  for (const Entry& entry : store_.entries()) {
    if (entry.kind != EntryKind::kMark) {
      list->push_back(info_of(entry));
    }
  }
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
  return {};
}

std::shared_ptr<const std::vector<KeyInfo>> KeyHolder::keys() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

// A pending key opens too: a sender whose clock is ahead may use it already.
core::Result<std::vector<HeldKey>> KeyHolder::held() const {
  std::vector<HeldKey> keys;
  for (const Entry& entry : store_.entries()) {
    const auto kind = address_kind(entry.kind);
    if (!kind) {
      continue;
    }
    const envelope::KeyAddress address{*kind, entry.id, entry.version};
    auto known = world_.ring.find(address);
    if (known == nullptr) {
      auto key = crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, entry.secret.view());
      if (!key) {
        return key.error();
      }
      known = std::make_shared<const crypto::AgreementPrivateKey>(std::move(*key));
    }
    keys.push_back({address, std::move(known)});
  }
  return keys;
}

DirectoryContents KeyHolder::contents() const {
  DirectoryContents contents;
  for (const auto& [id, network] : networks_) {
    const KeyringTimes times(network.keyring, mark_of(store_.entries(), id).floors, now_ms());
    if (const KeyVersion* active = times.active()) {
      contents.networks.push_back(
          {{envelope::KeyKind::kNetwork, KeyId{id.bytes}, active->version}, active->key});
    }
    for (const KeyringMember& member : network.keyring.members) {
      contents.nodes.push_back(
          {{envelope::KeyKind::kNode, KeyId{member.node.bytes}, member.key_version}, member.key});
    }
  }
  for (const auto& [id, profile] : profiles_) {
    const ProfileCertificate& certificate = profile.certificate;
    if (certificate.not_after_ms <= now_ms()) {
      continue;
    }
    envelope::Recipient recipient{{envelope::KeyKind::kProfile, id, certificate.version},
                                  certificate.key};
    contents.profiles.push_back(
        {id, certificate.name, std::move(recipient), certificate.nodes, certificate.not_after_ms});
  }
  // The newest key of a node that several networks name counts.
  std::ranges::stable_sort(contents.nodes, {}, [](const envelope::Recipient& recipient) {
    return recipient.address.version;
  });
  return contents;
}

}  // namespace runard::keys
