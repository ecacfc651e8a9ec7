// Another passphrase for a CA, or none: its key, the next root's if there is one, and the keystore
// of its networks' keys change together. A crash leaves all under the old one or all under the new.
//
// A copy of a CA (identity/ca_copy.h) has a passphrase of its own until it is brought up to date.
// Errors: those of Authority::open and of Keystore. Threading: waits for Argon2 and the disk.
#pragma once

#include <filesystem>

#include "identity/authority.h"

namespace runard::keys {

// Empty: none, in clear.
core::Result<void> rekey_ca(const identity::Host& host, const std::filesystem::path& folder,
                            const crypto::SecretBytes& passphrase,
                            const crypto::SecretBytes& fresh);

}  // namespace runard::keys
