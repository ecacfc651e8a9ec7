// Token: what an operator gives to a new node so that it can enrol by itself: where an issuer is,
// by which root to know it, and a secret that is good for a few uses and a short time.
//
// Text: "rnt1." and the base64url of CBOR (README.md). It is a secret as a whole: it travels in a
// file or on standard input, never in argv, the environment or a log.
// Errors: kTokenInvalid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/secret_bytes.h"

namespace runard::enroll {

using TokenId = core::Id16<struct TokenTag>;

inline constexpr std::size_t kSecretSize = 32;
inline constexpr std::size_t kMaxTokenAddresses = 8;
inline constexpr std::size_t kMaxAddressText = 261;  // a DNS name and a port
inline constexpr std::size_t kMaxTokenText = 4096;

struct Token {
  std::vector<std::string> addresses;  // of issuers, "10.0.0.5:8889"; at least one
  crypto::Sha256 root{};               // of the SubjectPublicKeyInfo of the mesh's root
  TokenId id;
  crypto::SecretBytes secret;  // kSecretSize
  core::WallTime expires{};    // whole milliseconds

  static Token create(core::Random& random);  // an id and a secret
  // White space around it is taken.
  static core::Result<Token> parse(std::string_view text);
  crypto::SecretBytes text() const;
};

crypto::Sha256 root_pin(const crypto::PublicKey& root);

}  // namespace runard::enroll
