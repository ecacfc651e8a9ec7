// Applicant: the node's side of an enrolment, as a state machine: frames in, frames out, a bundle
// at the end. The issuer's certificate chain is checked before, by pinned_verifier().
//
// Errors: kEnrolmentRefused, kEnrolmentDenied, kEnrolmentExpired, kOverloaded, kMalformedFrame,
// kProtocol, and kCertificateUntrusted for an issuer that does not know the token.
// One thread.
#pragma once

#include <optional>
#include <string>

#include "core/function.h"
#include "enroll/messages.h"
#include "identity/bundle.h"

namespace runard::enroll {

struct Outgoing {
  Message type{};
  core::Bytes body;
};

class Applicant {
 public:
  // `request` as `node csr` writes it; `binding` is the TLS exporter's. `token` outlives it.
  Applicant(const Token& token, std::string request, core::ByteView binding);

  Outgoing begin() const;
  // What to send now; nothing when there is nothing to say.
  core::Result<std::optional<Outgoing>> take(std::uint64_t type, core::ByteView body);

  // Set once an operator has to approve: how long the issuer waits.
  const std::optional<core::Duration>& pending() const { return pending_; }
  // The text of the bundle, once granted.
  const std::optional<std::string>& bundle() const { return bundle_; }

 private:
  core::Result<std::optional<Outgoing>> on_challenge(core::ByteView body);

  const Token& token_;
  const std::string request_;
  const core::Bytes binding_;
  bool revealed_ = false;
  std::optional<core::Duration> pending_;
  std::optional<std::string> bundle_;
};

// The trust that a token gives: the one certificate of `chain` whose key is the token's root. A
// node's certificate chain with its roots is what an issuer shows to guests.
// Errors: kFingerprintMismatch, kCertificateInvalid.
core::Result<identity::TrustBundle> pinned_trust(const crypto::Sha256& root,
                                                 std::span<const crypto::Certificate> chain);

}  // namespace runard::enroll
