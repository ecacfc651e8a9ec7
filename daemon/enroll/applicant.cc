#include "enroll/applicant.h"

#include "crypto/constant_time.h"
#include "enroll/proof.h"

namespace runard::enroll {
namespace {

using core::Errc;

core::Error error_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kRefused:
      return core::fail(Errc::kEnrolmentRefused, "the issuer does not say why; its log does");
    case Refusal::kDenied:
      return core::fail(Errc::kEnrolmentDenied, "an operator denied the enrolment");
    case Refusal::kExpired:
      return core::fail(Errc::kEnrolmentExpired, "no operator decided in time");
    case Refusal::kBusy:
      return core::fail(Errc::kOverloaded, "the issuer has too many enrolments at once");
  }
  return core::fail(Errc::kEnrolmentRefused, "");
}

}  // namespace

Applicant::Applicant(const Token& token, std::string request, core::ByteView binding)
    : token_(token), request_(std::move(request)), binding_(binding.begin(), binding.end()) {}

Outgoing Applicant::begin() const {
  return {Message::kRequest,
          encode(Request{token_.id, request_,
                         applicant_proof(token_.secret.view(), binding_, request_)})};
}

core::Result<std::optional<Outgoing>> Applicant::take(std::uint64_t type, core::ByteView body) {
  switch (static_cast<Message>(type)) {
    case Message::kChallenge:
      return on_challenge(body);
    case Message::kPending: {
      const auto pending = decode_pending(body);
      if (!pending || !revealed_) {
        break;
      }
      pending_ = pending->patience;
      return std::optional<Outgoing>();
    }
    case Message::kGranted: {
      auto bundle = decode_granted(body);
      if (!bundle || !revealed_) {
        break;
      }
      bundle_ = std::move(*bundle);
      return std::optional<Outgoing>();
    }
    case Message::kRefused: {
      const auto refusal = decode_refused(body);
      if (!refusal) {
        break;
      }
      return error_of(*refusal);
    }
    default:
      if ((type & 1) == 0) {
        return std::optional<Outgoing>();  // of a newer issuer's, and not critical
      }
  }
  return core::fail(Errc::kProtocol, "the issuer's message");
}

// The secret is shown only to an issuer that knows its hash already.
core::Result<std::optional<Outgoing>> Applicant::on_challenge(core::ByteView body) {
  const auto challenge = decode_challenge(body);
  if (!challenge || revealed_) {
    return core::fail(Errc::kProtocol, "the issuer's challenge");
  }
  const crypto::Sha256 expected =
      issuer_proof(crypto::sha256(token_.secret.view()), binding_, request_);
  if (!crypto::equal_in_constant_time(challenge->proof, expected)) {
    return core::fail(Errc::kCertificateUntrusted, "who answered does not know this token");
  }
  revealed_ = true;
  return std::optional(Outgoing{
      Message::kReveal, encode(Reveal{crypto::SecretBytes::copy_of(token_.secret.view())})});
}

core::Result<identity::TrustBundle> pinned_trust(const crypto::Sha256& root,
                                                 std::span<const crypto::Certificate> chain) {
  for (const crypto::Certificate& certificate : chain) {
    const auto key = certificate.public_key();
    // A cross certificate has the same key, and is no root.
    if (key && certificate.is_self_issued() && root_pin(*key) == root) {
      return identity::TrustBundle::create({certificate});
    }
  }
  return core::fail(Errc::kFingerprintMismatch, "the issuer's root is not the token's");
}

}  // namespace runard::enroll
