// A private key in a file that only a passphrase opens: PEM "RUNARD ENCRYPTED KEY" around
//
//   version 1 (1 byte), Argon2id's memory in KiB, passes and lanes (4 bytes each, big-endian), its
//   salt (32), then the PKCS #8 PEM under AES-256-GCM with its tag (16)
//
// The AES key is Argon2id's output; the nonce is zeros, as the salt is new each time; what stands
// before the ciphertext is authenticated too.
#pragma once

#include "core/random.h"
#include "core/result.h"
#include "crypto/argon2.h"
#include "crypto/key.h"

namespace runard::identity {

bool is_sealed_key(core::ByteView text);

core::Result<std::string> seal_key(const crypto::PrivateKey& key,
                                   const crypto::SecretBytes& passphrase,
                                   const crypto::Argon2Params& cost, core::Random& random);
// As above, or as PKCS #8 in PEM without (an empty one) a passphrase.
core::Result<crypto::SecretBytes> key_text(const crypto::PrivateKey& key,
                                           const crypto::SecretBytes& passphrase,
                                           core::Random& random);
// kKeystoreLocked for a wrong passphrase and for any change, with one text; kIdentityUnreadable
// when it is not such a file.
core::Result<crypto::PrivateKey> open_key(core::ByteView text,
                                          const crypto::SecretBytes& passphrase);

}  // namespace runard::identity
