#include "keys/network_keyring.h"

#include <algorithm>

namespace runard::keys {

std::string_view state_text(VersionState state) {
  switch (state) {
    case VersionState::kPending:
      return "pending";
    case VersionState::kActive:
      return "active";
    case VersionState::kDecryptOnly:
      return "decrypt-only";
    case VersionState::kRetired:
      break;
  }
  return "retired";
}

Floors Floors::raised_to(const Floors& other) const {
  return {std::max(encryption, other.encryption), std::max(decryption, other.decryption)};
}

const KeyVersion* NetworkKeyring::find(std::uint32_t version) const {
  const auto at = std::ranges::lower_bound(versions, version, {}, &KeyVersion::version);
  return at != versions.end() && at->version == version ? &*at : nullptr;
}

const KeyringMember* NetworkKeyring::member(const core::NodeId& node) const {
  const auto at = std::ranges::lower_bound(members, node, {}, &KeyringMember::node);
  return at != members.end() && at->node == node ? &*at : nullptr;
}

KeyringTimes::KeyringTimes(const NetworkKeyring& keyring, const Floors& known, std::uint64_t now_ms)
    : keyring_(keyring), floors_(known.raised_to(keyring.floors)), now_ms_(now_ms) {
  for (const KeyVersion& version : keyring_.versions) {
    if (activated(version) && !retired(version)) {
      active_ = &version;
    }
  }
}

// What was active once stays so, whatever the clock says now.
bool KeyringTimes::activated(const KeyVersion& version) const {
  return version.activates_ms <= now_ms_ || version.version <= floors_.encryption;
}

bool KeyringTimes::retired(const KeyVersion& version) const {
  return version.version < floors_.decryption ||
         (version.retires_ms != 0 && version.retires_ms <= now_ms_);
}

VersionState KeyringTimes::state_of(const KeyVersion& version) const {
  if (retired(version)) {
    return VersionState::kRetired;
  }
  if (!activated(version)) {
    return VersionState::kPending;
  }
  return &version == active_ ? VersionState::kActive : VersionState::kDecryptOnly;
}

Floors KeyringTimes::floors() const {
  Floors reached = floors_;
  for (const KeyVersion& version : keyring_.versions) {
    if (activated(version)) {
      reached.encryption = std::max(reached.encryption, version.version);
    }
    if (retired(version)) {
      reached.decryption = std::max(reached.decryption, version.version + 1);
    }
  }
  return reached;
}

std::optional<std::uint64_t> KeyringTimes::next_ms() const {
  std::optional<std::uint64_t> next;
  const auto consider = [&](std::uint64_t at) {
    if (at > now_ms_ && (!next || at < *next)) {
      next = at;
    }
  };
  for (const KeyVersion& version : keyring_.versions) {
    if (retired(version)) {
      continue;
    }
    if (!activated(version)) {
      consider(version.activates_ms);
    }
    consider(version.retires_ms);
  }
  return next;
}

}  // namespace runard::keys
