// What is done with the entries of a keystore: pure functions over the list, so that a change can
// be put together in full and then committed at once.
//
// Times are milliseconds since 1970. Values; no I/O.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "core/random.h"
#include "keys/agreement_record.h"
#include "keys/entry.h"
#include "keys/network_keyring.h"

namespace runard::keys {

// How long an agreement key that was replaced still opens.
inline constexpr std::chrono::hours kAgreementKept{14 * 24};
// How long the CA may seal to one: it is in the record.
inline constexpr std::chrono::hours kAgreementLife{366 * 24};

const Entry* find_entry(std::span<const Entry> entries, EntryKind kind, const KeyId& id,
                        std::uint32_t version);
// Null when there is none.
const Entry* active_entry(std::span<const Entry> entries, EntryKind kind, const KeyId& id);

// Sets the state and its time; true if it was another one.
bool set_state(Entry& entry, EntryState state, std::uint64_t now_ms);

// A new agreement key for the node, active from now on; the one before it only opens. It is the
// first one when there is none.
core::Result<void> add_agreement_key(std::vector<Entry>& entries, const core::NodeId& node,
                                     std::uint64_t now_ms, core::Random& random);
// Drops those that were replaced kAgreementKept ago, but for the versions in `needed`, to which the
// CA still seals; true if there were any.
bool drop_old_agreement_keys(std::vector<Entry>& entries, const std::set<std::uint32_t>& needed,
                             std::uint64_t now_ms);
// When a key that may get this old is to be replaced: up to a tenth sooner or later, by what its
// version and node are, so that not all nodes of a mesh do it at once.
std::uint64_t replacement_due(const Entry& agreement, std::chrono::milliseconds age);
// The active agreement key as the CA takes it, signed. kKeyMissing.
core::Result<core::Bytes> agreement_record(std::span<const Entry> entries, const core::NodeId& node,
                                           const crypto::PrivateKey& identity);

// What this node has reached with a network's keyring: kept as an entry of its own, so that it is
// as durable, and proven, as the keys. generation 0: nothing yet.
struct NetworkMark {
  Floors floors;
  std::uint64_t generation = 0;
  friend bool operator==(const NetworkMark&, const NetworkMark&) = default;
};
NetworkMark mark_of(std::span<const Entry> entries, const core::NetworkId& network);
// True if it was another one.
bool set_mark(std::vector<Entry>& entries, const core::NetworkId& network, const NetworkMark& mark,
              std::uint64_t now_ms);

}  // namespace runard::keys
