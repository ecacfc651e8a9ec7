// Messages between an applicant (a node without a certificate) and an issuer, and of a renewal over
// a link. Pure functions over bytes; README.md has the bytes as a table.
//
// A decoder is strict as wire's CBOR reader is: one form, no doubles; unknown keys are skipped.
// Errors: kMalformedFrame.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "crypto/digest.h"
#include "crypto/secret_bytes.h"
#include "enroll/token.h"

namespace runard::enroll {

// A node's request as `node csr` writes it.
inline constexpr std::size_t kMaxRequestText = 16 * 1024;
inline constexpr std::size_t kMaxChainBytes = 32 * 1024;
inline constexpr std::size_t kMaxReason = 256;

// Frame types; 1..15 from the applicant, 16..31 from the issuer.
enum class Message : std::uint64_t {
  kRequest = 1,
  kReveal = 3,
  kChallenge = 17,
  kPending = 18,
  kGranted = 19,
  kRefused = 21,
};

// What an applicant begins with.
struct Request {
  TokenId token;
  std::string request;
  crypto::Sha256 proof{};  // applicant_proof
};

// The issuer's answer.
struct Challenge {
  crypto::Sha256 proof{};  // issuer_proof
};

// Once the issuer is proved.
struct Reveal {
  crypto::SecretBytes secret;
};

// An operator has to approve.
struct Pending {
  core::Duration patience{};  // how long the issuer waits for one; whole seconds
};

enum class Refusal : std::uint8_t {
  kRefused = 1,  // whatever was wrong; only the issuer's log says what
  kDenied = 2,   // by an operator
  kExpired = 3,  // no operator decided in time
  kBusy = 4,     // try again later
};

core::Bytes encode(const Request& request);
core::Bytes encode(const Challenge& challenge);
core::Bytes encode(const Reveal& reveal);
core::Bytes encode(const Pending& pending);
core::Bytes encode_granted(std::string_view bundle);
core::Bytes encode(Refusal refusal);

core::Result<Request> decode_request(core::ByteView body);
core::Result<Challenge> decode_challenge(core::ByteView body);
core::Result<Reveal> decode_reveal(core::ByteView body);
core::Result<Pending> decode_pending(core::ByteView body);
core::Result<std::string> decode_granted(core::ByteView body);
core::Result<Refusal> decode_refused(core::ByteView body);

// `$issuer/renew`: the request for the same key and the certificates that the node has, its own
// first. The answer is a granted body.
struct RenewalRequest {
  std::string request;
  std::vector<core::Bytes> chain;
};
core::Bytes encode(const RenewalRequest& request);
core::Result<RenewalRequest> decode_renewal(core::ByteView body);

}  // namespace runard::enroll
