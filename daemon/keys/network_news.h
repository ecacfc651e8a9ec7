// take_keyring: what a network's statement, or the time that went by, changes in a node's keys: new
// versions are unwrapped, states follow their times, what is retired goes.
//
// The same statement may be given any number of times. Pure: the caller commits the entries.
#pragma once

#include <optional>

#include "keys/entries.h"
#include "keys/keyring_seal.h"

namespace runard::keys {

struct Taken {
  bool changed = false;
  // Why a private key that the statement names could not be had; what was held stays in use.
  std::optional<core::Error> problem;
  std::optional<std::uint64_t> next_ms;  // when time changes something again
};

// kKeyringOlder, and nothing changed, for a generation below one that was taken before.
core::Result<Taken> take_keyring(std::vector<Entry>& entries, const NetworkKeyring& keyring,
                                 const KeyringContext& context, const core::NodeId& self,
                                 std::uint64_t now_ms);

}  // namespace runard::keys
