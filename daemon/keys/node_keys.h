// The keystore of a node, as runard and runarctl meet it: made by `node init`, opened at start.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/log.h"
#include "crypto/key.h"
#include "keys/keystore.h"

namespace runard::keys {

// A new identity in a state directory that has none: folders, name, keystore with a key. kConflict
// when there is an identity, whatever its condition.
core::Result<core::NodeId> make_identity(const identity::Host& host,
                                         const std::filesystem::path& state_dir,
                                         std::string_view name, const KekSource& source);

// Opens STATE's keystore, and before that
//  - takes over STATE/identity/node.key of an earlier version, which is removed;
//  - opened for writing under another source than `none`, and found under `none`: rekeys it.
// Both are logged. Errors: kIdentityMissing when there never was an identity, kConflict when
// node.key is another key than the keystore's, Keystore::open's. Never makes an identity.
core::Result<Keystore> open_node_keystore(const identity::Host& host,
                                          const std::filesystem::path& state_dir,
                                          const KekSource& source, Use use, const core::Log& log);

// What a keystore of this state directory is under, as far as can be told without opening it;
// `none` for one that is still to be made of a node.key.
core::Result<KekKind> kek_kind_of(const std::filesystem::path& state_dir);
// The node whose state directory this is, by what its files say; nothing is proven.
core::Result<core::NodeId> node_of(const std::filesystem::path& state_dir);

// kIdentityMissing when the keystore has none; kIdentityUnreadable when it is not the node's.
core::Result<crypto::PrivateKey> identity_key(const Keystore& store);

}  // namespace runard::keys
