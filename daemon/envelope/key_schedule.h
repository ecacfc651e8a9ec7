// KeySchedule: from the secret of a group to the keys that do the work (README.md, "Keys").
//
// A group's secret is its DEK: 32 random bytes, or derived from the KEK of an epoch. Everything is
// bound to the message's id and the group's index, so no key is ever used for two plaintexts.
// Threading: one thread at a time. Nothing is allocated.
#pragma once

#include <array>

#include "crypto/hkdf.h"
#include "envelope/core.h"
#include "envelope/layout.h"

namespace runard::envelope {

inline constexpr std::size_t kSecretSize = 32;  // of DEKs and KEKs
using Secret = crypto::SecretArray<kSecretSize>;
using Hash = std::array<std::uint8_t, kHashSize>;

// What a sealer and an opener of a group work with.
struct GroupKeys {
  crypto::SecretArray<crypto::kAeadKeySize> key;
  Secret stanza_key;
  Hash commitment{};
};

class KeySchedule {
 public:
  // For all derivations that follow.
  void begin(Suite suite, const MessageId& id);
  void derive_dek(core::ByteView kek, std::size_t group, Secret& dek);
  void derive(core::ByteView dek, std::size_t group, GroupKeys& keys);
  // HMAC with the stanza key over a group's stanzas.
  Hash stanza_hmac(const GroupKeys& keys, core::ByteView stanzas);

 private:
  void expand(std::string_view label, std::size_t group, std::span<std::uint8_t> out);

  crypto::Hkdf hkdf_;
  crypto::HmacSha256 hmac_;
  Suite suite_ = Suite::kX25519Aes;
};

}  // namespace runard::envelope
