// The signature of an envelope's core by its sender's identity key (README.md, "Signature").
//
// ECDSA P-256 with SHA-256, in DER. It covers the core only, and the core has a hash of each
// ciphertext but nothing of the stanzas, so it survives a rewrap. A signature is not unique: its
// bytes are no name for the message.
#pragma once

#include "core/result.h"
#include "crypto/key.h"
#include "envelope/key_address.h"

namespace runard::envelope {

// The first 16 bytes of the SHA-256 of the key's SubjectPublicKeyInfo.
KeyId signer_id(const crypto::PublicKey& key);

core::Result<core::Bytes> sign_core(const crypto::PrivateKey& key, core::ByteView core_bytes);
bool verify_core(const crypto::PublicKey& key, core::ByteView core_bytes, core::ByteView signature);

}  // namespace runard::envelope
