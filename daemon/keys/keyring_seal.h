// Seals a network's private keys into its keyring, for the agreement key of each member, and opens
// them there. A fresh secret encrypts the private halves of all versions once; HPKE wraps that
// secret for each member. Bound to network, generation, member and everything public in the
// keyring (README.md has the bytes).
//
// Who holds one member's agreement key of that version can open it: rotating the network's key
// without a member is what shuts it out of what is sealed later.
// Errors: kKeyringInvalid when it does not open or its halves do not belong together, kKeyMissing
// for no member, kInvalidArgument for keys of another kind. Any thread.
#pragma once

#include <span>
#include <vector>

#include "core/random.h"
#include "crypto/secret_bytes.h"
#include "keys/network_keyring.h"

namespace runard::keys {

// Which statement of the CA it is.
struct KeyringContext {
  core::NetworkId network;
  std::uint64_t generation = 0;
};

// Fills `sealed`, and `enc` and `wrapped` of each member. `secrets` are the private keys (32 bytes
// each) of the versions, in their order.
core::Result<void> seal_keyring(NetworkKeyring& keyring, const KeyringContext& context,
                                std::span<const core::ByteView> secrets, core::Random& random);

// The private keys of the versions, in their order; each belongs to its public half. `key` is the
// agreement key of `node` with the version that the keyring names for it.
core::Result<std::vector<crypto::SecretBytes>> open_keyring(const NetworkKeyring& keyring,
                                                            const KeyringContext& context,
                                                            const core::NodeId& node,
                                                            const crypto::AgreementPrivateKey& key);

}  // namespace runard::keys
