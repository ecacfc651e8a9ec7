// Whether a keyring can have a member with this agreement key. What a stranger says is read only if
// so; the CA's book may have others, of an earlier version of runard.
//
// Not with the highest version, which has no next one, and not with an X25519 point of low order
// (RFC 7748 section 6.1), with which nobody agrees on a secret.
#pragma once

#include <cstdint>

#include "crypto/agreement_key.h"

namespace runard::keys {

bool can_be_sealed_to(std::uint32_t version, const crypto::AgreementPublicKey& key);

}  // namespace runard::keys
