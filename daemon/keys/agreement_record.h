// AgreementRecord: a node's agreement key (X25519), named and dated, signed by the node's identity
// key. It goes with the request to the CA, as the PEM block "RUNARD AGREEMENT KEY", so that the CA
// can seal a network's keys to the node; README.md has the bytes.
//
// The agreement key is made on its own and derived from nothing: it can be replaced without
// touching the identity, and the identity key may live in hardware.
// Errors: kAgreementKeyInvalid. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "crypto/agreement_key.h"
#include "crypto/key.h"

namespace runard::keys {

inline constexpr std::string_view kAgreementLabel = "RUNARD AGREEMENT KEY";

struct AgreementRecord {
  core::NodeId node;
  std::uint32_t version = 1;
  crypto::AgreementPublicKey key;
  std::uint64_t not_before_ms = 0;
  std::uint64_t not_after_ms = 0;
  friend bool operator==(const AgreementRecord&, const AgreementRecord&) = default;
};

// The signed bytes.
core::Result<core::Bytes> sign_agreement(const AgreementRecord& record,
                                         const crypto::PrivateKey& identity);
// What `signed_bytes` say, if `identity` signed them. Whose that key is, the caller knows.
core::Result<AgreementRecord> verify_agreement(core::ByteView signed_bytes,
                                               const crypto::PublicKey& identity);
// The key that claims to have signed, for a node whose id is the hash of it: kAgreementKeyInvalid
// unless it is. Proves who the node is without a certificate.
core::Result<AgreementRecord> verify_own_agreement(core::ByteView signed_bytes);

}  // namespace runard::keys
