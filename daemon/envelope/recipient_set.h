// RecipientSet: whom a group is sealed to: public keys, validated and named.
//
// A value, made once and used for many messages. Its fingerprint is that of the keys' addresses, so
// both ends can compute it.
#pragma once

#include <span>
#include <vector>

#include "core/result.h"
#include "crypto/agreement_key.h"
#include "crypto/digest.h"
#include "envelope/joined_bytes.h"
#include "envelope/key_address.h"
#include "envelope/limits.h"

namespace runard::envelope {

struct Recipient {
  KeyAddress address;  // of a profile, network or node
  crypto::AgreementPublicKey key;
};

class RecipientSet {
 public:
  // Any order. kInvalidArgument for none, more than kMaxRecipients, an address that comes twice,
  // or keys of different kinds.
  static core::Result<RecipientSet> make(std::vector<Recipient> recipients);

  std::span<const Recipient> recipients() const { return recipients_; }  // ascending
  crypto::Kem kem() const { return recipients_.front().key.kem(); }
  // SHA-256 of the addresses, ascending: each 1 byte kind, 16 of id, 4 of version, big-endian.
  const crypto::Sha256& fingerprint() const { return fingerprint_; }
  // Tells sets apart that differ in an address or in a key.
  const crypto::Sha256& digest() const { return digest_; }

 private:
  explicit RecipientSet(std::vector<Recipient> recipients);

  std::vector<Recipient> recipients_;
  crypto::Sha256 fingerprint_{};
  crypto::Sha256 digest_{};
};

// An address as it goes into fingerprints and the info of HPKE.
using AddressBytes = JoinedBytes<21>;
AddressBytes bytes_of(const KeyAddress& address);

}  // namespace runard::envelope
