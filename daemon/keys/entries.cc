#include "keys/entries.h"

#include <algorithm>

#include "crypto/digest.h"
#include "identity/byte_reader.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint32_t kMarkVersion = 1;

std::uint64_t ms(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

}  // namespace

const Entry* find_entry(std::span<const Entry> entries, EntryKind kind, const KeyId& id,
                        std::uint32_t version) {
  const auto at = std::ranges::find_if(entries, [&](const Entry& entry) {
    return entry.kind == kind && entry.id == id && entry.version == version;
  });
  return at == entries.end() ? nullptr : &*at;
}

const Entry* active_entry(std::span<const Entry> entries, EntryKind kind, const KeyId& id) {
  const Entry* active = nullptr;
  for (const Entry& entry : entries) {
    if (entry.kind == kind && entry.id == id && entry.state == EntryState::kActive &&
        (active == nullptr || entry.version > active->version)) {
      active = &entry;
    }
  }
  return active;
}

bool set_state(Entry& entry, EntryState state, std::uint64_t now_ms) {
  if (entry.state == state) {
    return false;
  }
  entry.state = state;
  entry.changed_ms = static_cast<std::int64_t>(now_ms);
  return true;
}

core::Result<void> add_agreement_key(std::vector<Entry>& entries, const core::NodeId& node,
                                     std::uint64_t now_ms, core::Random& random) {
  const KeyId id{node.bytes};
  const auto key = crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
  if (!key) {
    return key.error();
  }
  auto raw = key->raw();
  if (!raw) {
    return raw.error();
  }
  std::uint32_t version = 1;
  for (Entry& entry : entries) {
    if (entry.kind == EntryKind::kAgreement && entry.id == id) {
      version = std::max(version, entry.version + 1);
      set_state(entry, EntryState::kDecryptOnly, now_ms);
    }
  }
  const auto time = static_cast<std::int64_t>(now_ms);
  entries.push_back(
      {EntryKind::kAgreement, id, version, EntryState::kActive, time, time, "", std::move(*raw)});
  return {};
}

bool drop_old_agreement_keys(std::vector<Entry>& entries, const std::set<std::uint32_t>& needed,
                             std::uint64_t now_ms) {
  return std::erase_if(entries, [&](const Entry& entry) {
           return entry.kind == EntryKind::kAgreement && entry.state == EntryState::kDecryptOnly &&
                  !needed.contains(entry.version) &&
                  static_cast<std::uint64_t>(entry.changed_ms) + ms(kAgreementKept) <= now_ms;
         }) > 0;
}

std::uint64_t replacement_due(const Entry& agreement, std::chrono::milliseconds age) {
  core::Bytes what(agreement.id.bytes.begin(), agreement.id.bytes.end());
  identity::put_number(what, agreement.version, 4);
  const std::uint64_t tenth = ms(age) / 10;
  // 0..510 of 510: from a tenth sooner to a tenth later
  const std::uint64_t part = std::uint64_t{2} * crypto::sha256(what)[0];
  return static_cast<std::uint64_t>(agreement.created_ms) + ms(age) - tenth + tenth * part / 255;
}

core::Result<core::Bytes> agreement_record(std::span<const Entry> entries, const core::NodeId& node,
                                           const crypto::PrivateKey& identity) {
  const Entry* entry = active_entry(entries, EntryKind::kAgreement, KeyId{node.bytes});
  if (entry == nullptr) {
    return fail(Errc::kKeyMissing, "this node has no agreement key");
  }
  const auto key =
      crypto::AgreementPrivateKey::from_raw(crypto::Kem::kX25519, entry->secret.view());
  if (!key) {
    return key.error();
  }
  const auto from = static_cast<std::uint64_t>(entry->created_ms);
  return sign_agreement({node, entry->version, key->public_key(), from, from + ms(kAgreementLife)},
                        identity);
}

NetworkMark mark_of(std::span<const Entry> entries, const core::NetworkId& network) {
  const Entry* entry = find_entry(entries, EntryKind::kMark, KeyId{network.bytes}, kMarkVersion);
  if (entry == nullptr) {
    return {};
  }
  identity::ByteReader in(entry->secret.view());
  NetworkMark mark;
  mark.floors.encryption = static_cast<std::uint32_t>(in.number(4));
  mark.floors.decryption = static_cast<std::uint32_t>(in.number(4));
  mark.generation = in.number(8);
  return mark;
}

bool set_mark(std::vector<Entry>& entries, const core::NetworkId& network, const NetworkMark& mark,
              std::uint64_t now_ms) {
  if (mark_of(entries, network) == mark) {
    return false;
  }
  const KeyId id{network.bytes};
  std::erase_if(entries, [&](const Entry& entry) {
    return entry.kind == EntryKind::kMark && entry.id == id;
  });
  core::Bytes bytes;
  identity::put_number(bytes, mark.floors.encryption, 4);
  identity::put_number(bytes, mark.floors.decryption, 4);
  identity::put_number(bytes, mark.generation, 8);
  const auto time = static_cast<std::int64_t>(now_ms);
  entries.push_back({EntryKind::kMark, id, kMarkVersion, EntryState::kActive, time, time, "",
                     crypto::SecretBytes::copy_of(bytes)});
  return true;
}

}  // namespace runard::keys
