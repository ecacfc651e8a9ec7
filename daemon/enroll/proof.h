// Proofs of an enrolment: that both sides know the token, on this connection, for this request.
//
// `binding` are the 32 bytes of the TLS exporter: a relay has another one on each side, so what it
// carries over proves nothing there. The issuer keeps only the hash of the secret and proves that
// first; the secret itself is shown to no one who does not.
#pragma once

#include <string_view>

#include "core/bytes.h"
#include "crypto/digest.h"

namespace runard::enroll {

// HMAC-SHA-256(secret, binding | SHA-256(request)).
crypto::Sha256 applicant_proof(core::ByteView secret, core::ByteView binding,
                               std::string_view request);
// HMAC-SHA-256(SHA-256(secret), "runard issuer" | binding | SHA-256(request)).
crypto::Sha256 issuer_proof(const crypto::Sha256& secret_hash, core::ByteView binding,
                            std::string_view request);

// How people compare two screens: "3f8a-20c1-99d4-7be0-1c55-e6a2", 96 bits of a hash of the node's
// key. Whoever could make another key with the same one would first need a valid token.
std::string key_words(core::ByteView spki);

}  // namespace runard::enroll
