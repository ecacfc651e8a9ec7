// Delegation: the private key of one version of a profile, sealed to one node's agreement key: only
// what its user gives to a node, that node can open. A PEM block "RUNARD PROFILE KEY"; README.md
// has the bytes.
//
// It is not signed. The key must be the private half of what the profile's own certificate names,
// and that is signed: a forged one is refused there.
// Errors: kProfileInvalid; kKeyMissing when it is for another node or version of its key. Values.
#pragma once

#include "core/random.h"
#include "crypto/secret_bytes.h"
#include "envelope/key_address.h"
#include "keys/agreement_record.h"

namespace runard::keys {

using envelope::KeyId;

inline constexpr std::string_view kDelegationLabel = "RUNARD PROFILE KEY";

struct Delegation {
  KeyId profile;
  std::uint32_t version = 0;  // of the profile's key
  core::NodeId node;
  std::uint32_t key_version = 0;  // of the node's agreement key
  core::Bytes enc;                // 32 bytes
  core::Bytes wrapped;            // 48 bytes

  static core::Result<Delegation> seal(const KeyId& profile, std::uint32_t version,
                                       core::ByteView secret, const AgreementRecord& to,
                                       core::Random& random);
  static core::Result<Delegation> parse(core::ByteView bytes);
  core::Bytes bytes() const;

  // The private key, if it is the half of `expected`. `key` is version key_version of the node's.
  core::Result<crypto::SecretBytes> open(const crypto::AgreementPrivateKey& key,
                                         const crypto::AgreementPublicKey& expected) const;
};

}  // namespace runard::keys
